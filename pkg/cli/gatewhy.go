package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// whyOptions are the flags of gate why.
type whyOptions struct {
	connection *connection
	argoCD     string
	home       string
}

func newGateWhy(streams genericiooptions.IOStreams) *cobra.Command {
	o := &whyOptions{connection: newConnection()}
	command := &cobra.Command{
		Use:   "why [[KIND/]NAMESPACE/]NAME",
		Short: "Say why an Application or an object of Flux waits, and for whom",
		Long: "Judges the start of an Application, or the one that a Kustomization or HelmRelease of Flux waits for, as the webhook would\n" +
			"now, by each policy that gates it, and shows who of its group is in flight and has failed. Nothing is started, and no slot is\n" +
			"taken. It takes the verb list on Applications or on Flux's objects and sources, wavepolicies.seawall.dev,\n" +
			"waveoverrides.seawall.dev and waves.seawall.dev; what of clusters, ApplicationSets and namespaces may not be read is said.\n" +
			"KIND is application, which it is where none is said, kustomization or helmrelease.\n\n" +
			"The exit code is 0 if it would start, 1 if it would be held, and 2 if that cannot be told.",
		Example: "  kubectl seawall gate why argocd/tenant-04\n" +
			"  kubectl seawall gate why kustomization/flux-system/tenant-04",
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			return o.run(command.Context(), streams, args[0])
		},
	}
	o.connection.addFlags(command.Flags())
	command.Flags().StringVar(&o.argoCD, "argocd-namespace", "argocd", "namespace of Argo CD's cluster Secrets")
	command.Flags().StringVar(&o.home, "seawall-namespace", "seawall-system", "namespace of Seawall")
	return command
}

func (o *whyOptions) run(ctx context.Context, streams genericiooptions.IOStreams, name string) error {
	of, err := asked(name)
	if err != nil {
		return err
	}
	if of.namespace == "" {
		if of.namespace, err = o.connection.namespace(); err != nil {
			return err
		}
	}
	connected, _, err := o.connection.client(rest.NoWarnings{})
	if err != nil {
		return err
	}
	config, err := o.connection.flags.ToRESTConfig()
	if err != nil {
		return err
	}
	now, err := readGate(ctx, connected, config, o.argoCD, o.home)
	if err != nil {
		return err
	}
	judgement, err := now.judge(ctx, of)
	for _, note := range now.notes {
		_, _ = fmt.Fprintln(streams.ErrOut, note)
	}
	if err != nil {
		return err
	}
	if err := now.print(streams.Out, of, judgement); err != nil {
		return err
	}
	if judgement.Refused() != nil {
		return &ExitError{Code: ExitDenied}
	}
	return nil
}

// judge returns what would be said of the start of an Application by Argo CD, or of one by Flux.
func (g *gateNow) judge(ctx context.Context, of waiting) (starts.Judgement, error) {
	if of.kind != applicationKind {
		return g.judgeFlux(ctx, of)
	}
	application := g.application(of.namespace, of.name)
	if application == nil {
		return starts.Judgement{}, fmt.Errorf("there is no %s", of)
	}
	if _, syncs := application.Object["operation"]; syncs {
		return starts.Judgement{}, errors.New("it syncs now")
	}
	before, err := application.MarshalJSON()
	if err != nil {
		return starts.Judgement{}, err
	}
	begun := application.DeepCopy()
	begun.Object["operation"] = map[string]any{"sync": map[string]any{}, "initiatedBy": map[string]any{"automated": true}}
	after, err := begun.MarshalJSON()
	if err != nil {
		return starts.Judgement{}, err
	}
	started, err := argocd.Reader{Applications: g.read}.Read(gate.Request{Object: after, Old: before, At: time.Now()})
	if err != nil {
		return starts.Judgement{}, err
	}
	return g.judging.Judge(ctx, started, true)
}

// print says what each policy would do, and who of its group is in flight and has failed.
func (g *gateNow) print(out io.Writer, of waiting, judgement starts.Judgement) error {
	if len(judgement.Verdicts) == 0 {
		_, err := fmt.Fprintf(out, "%s: no policy gates it\n", of)
		return err
	}
	for i := range judgement.Verdicts {
		verdict := &judgement.Verdicts[i]
		said := "would start (" + verdict.Reason + ")"
		switch {
		case verdict.Override != nil:
			said = "would start: override " + verdict.Override.String()
		case verdict.Held && verdict.Holds:
			said = verdict.Whole
		case verdict.Held:
			said = "would start, as the policy holds nothing; it is not " + verdict.Whole
		}
		_, _ = fmt.Fprintf(out, "%s, policy %q: %s\n", of, verdict.Policy, audit.Clean(said))
		at := slices.IndexFunc(g.waves, func(wave v1alpha1.Wave) bool { return wave.Name == verdict.LedgerName() })
		if at < 0 {
			continue
		}
		if err := printWave(out, &g.waves[at], time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// printWave shows who of a group is in flight and has failed.
func printWave(out io.Writer, wave *v1alpha1.Wave, now time.Time) error {
	table := printers.GetNewTabWriter(out)
	row := func(cells ...string) {
		for c := range cells {
			cells[c] = cmp.Or(audit.Clean(cells[c]), "-")
		}
		_, _ = fmt.Fprintln(table, "  "+strings.Join(cells, "\t")) // Flush returns the error
	}
	row("WAVE", "GROUP", "IN FLIGHT", "LARGEST", "HELD", "DRAINING")
	row(wave.Name, groupOf(wave), number(wave.Status.InFlightCount), number(wave.Status.Largest), number(wave.Status.Held),
		since(wave.Status.DrainingSince, now))
	if len(wave.Status.InFlight)+len(wave.Status.Failures) > 0 {
		row("NAME", "STATE", "SINCE", "REVISION", "BY")
	}
	for i := range wave.Status.InFlight {
		one := &wave.Status.InFlight[i]
		row(one.Namespace+"/"+one.Name, "in flight", age(one.Since, now), one.Revision, one.By)
	}
	for i := range wave.Status.Failures {
		one := &wave.Status.Failures[i]
		row(one.Namespace+"/"+one.Name, string(one.Reason), age(one.Since, now), one.Revision, "")
	}
	return table.Flush()
}
