package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"

	"github.com/seawall-dev/seawall/pkg/journal"
	"github.com/seawall-dev/seawall/pkg/journal/format"
	"github.com/seawall-dev/seawall/pkg/journal/page"
)

// formatHTML is the format that is a page.
const formatHTML = "html"

const auditExample = `  # What happened since Friday, everywhere
  kubectl seawall audit -A --since 3d

  # Who was denied ApplicationSets in one namespace
  kubectl seawall audit -n argocd --kind applicationset --result denied -o wide

  # One page for the meeting
  kubectl seawall audit -A --since 7d -o html > audit.html`

// auditOptions are the flags of audit.
type auditOptions struct {
	connection   *connection
	since, until string
	kind         string
	policy, user string
	results      []string
	output       string
}

func newAudit(streams genericiooptions.IOStreams) *cobra.Command {
	o := &auditOptions{connection: newConnection()}
	command := &cobra.Command{
		Use:   "audit",
		Short: "Show which writes were denied, warned of and overridden",
		Long: "Show which writes were denied, warned of and overridden, and which rollouts the re-count found to have outgrown a\n" +
			"policy, from the reports that Seawall keeps. The ClusterRole seawall-auditor is enough to read them.",
		Example: auditExample,
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return o.run(command.Context(), streams)
		},
	}
	flags := command.Flags()
	o.connection.addFlags(flags)
	o.connection.addAllNamespaces(command)
	flags.StringVar(&o.since, "since", "", `only what was decided since: so long ago ("24h", "7d"), a day or a time`)
	flags.StringVar(&o.until, "until", "", "only what was decided until then")
	flags.StringVar(&o.kind, "kind", "", "only rollouts of this kind")
	flags.StringVar(&o.policy, "policy", "", "only what this policy explains; * stands for any text")
	flags.StringVar(&o.user, "user", "", "only what this user wrote; * stands for any text")
	flags.StringSliceVar(&o.results, "result", nil, "only denied, overridden, warned, audited, failed, held or recount; may be several")
	flags.StringVarP(&o.output, "output", "o", string(format.Table), strings.Join(auditFormats(), "|"))
	complete(command, "output", auditFormats()...)
	complete(command, "result", outcomeNames()...)
	return command
}

func auditFormats() []string { return append(format.Formats(), formatHTML) }

func outcomeNames() []string {
	names := make([]string, 0, len(journal.Outcomes()))
	for _, outcome := range journal.Outcomes() {
		names = append(names, string(outcome))
	}
	return names
}

func (o *auditOptions) run(ctx context.Context, streams genericiooptions.IOStreams) error {
	filter, err := o.filter(time.Now())
	if err != nil {
		return err
	}
	namespace, err := o.connection.namespace()
	if err != nil {
		return err
	}
	client, mapper, err := o.connection.client(rest.NoWarnings{})
	if err != nil {
		return err
	}
	if filter.Kind != "" {
		filter.Kind = kindNamed(mapper, filter.Kind)
	}
	found, err := journal.Reader{Client: client, Namespace: namespace}.Read(ctx, filter)
	if err != nil {
		return err
	}
	found.Context = o.connection.context()
	return writeJournal(streams, found, o.output)
}

// filter reads the flags.
func (o *auditOptions) filter(now time.Time) (journal.Filter, error) {
	filter := journal.Filter{Kind: o.kind, Policy: o.policy, User: o.user}
	if !slices.Contains(auditFormats(), o.output) {
		return filter, fmt.Errorf("--output: %q is no format: want one of %s", o.output, strings.Join(auditFormats(), ", "))
	}
	for flag, bound := range map[string]struct {
		text string
		at   *time.Time
	}{"since": {o.since, &filter.Since}, "until": {o.until, &filter.Until}} {
		if bound.text == "" {
			continue
		}
		at, err := journal.ParseTime(bound.text, now)
		if err != nil {
			return filter, fmt.Errorf("--%s: %w", flag, err)
		}
		*bound.at = at
	}
	if !filter.Until.IsZero() && filter.Until.Before(filter.Since) {
		return filter, fmt.Errorf("--until %s is before --since %s", o.until, o.since)
	}
	outcomes, err := journal.ParseOutcomes(o.results)
	if err != nil {
		return filter, fmt.Errorf("--result: %w", err)
	}
	filter.Outcomes = outcomes
	return filter, nil
}

// writeJournal writes in a format, and what that has no place for to where errors are.
func writeJournal(streams genericiooptions.IOStreams, found *journal.Journal, output string) error {
	if output == formatHTML {
		return page.Write(streams.Out, found)
	}
	in := format.Format(output)
	if err := format.Write(streams.Out, found, in); err != nil {
		return err
	}
	if !format.SaysAll(in) {
		_, err := io.WriteString(streams.ErrOut, strings.Join(format.Remarks(found), "\n")+"\n")
		return err
	}
	return nil
}
