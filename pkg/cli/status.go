package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/standing"
)

// statusOptions are the flags of status.
type statusOptions struct {
	connection *connection
	home       string
	wait       bool
	timeout    time.Duration
	output     string
}

func newStatus(streams genericiooptions.IOStreams) *cobra.Command {
	o := &statusOptions{connection: newConnection()}
	command := &cobra.Command{
		Use:   "status",
		Short: "Tell whether Seawall is up, and whether the API server asks it",
		Long: "Tell whether Seawall is registered, trusted and ready, whether the API server gets its answers, and which policies and\n" +
			"kinds it accepts. That it answers is proved by a dry-run that only Seawall refuses; nothing is stored.\n\n" +
			"The exit code is 0 if it is up, 1 if not, and 3 if nothing is wrong but something may not be seen.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return o.run(command.Context(), streams)
		},
	}
	flags := command.Flags()
	o.connection.addFlags(flags)
	flags.StringVar(&o.home, "seawall-namespace", "seawall-system", "namespace of Seawall, where the API server does not say which")
	flags.BoolVar(&o.wait, "wait", false, "wait until it is up")
	flags.DurationVar(&o.timeout, "timeout", 2*time.Minute, "how long to wait")
	flags.StringVarP(&o.output, "output", "o", "table", "table|json|yaml")
	complete(command, "output", "table", "json", "yaml")
	return command
}

func (o *statusOptions) run(ctx context.Context, streams genericiooptions.IOStreams) error {
	write, err := statusWriter(o.output)
	if err != nil {
		return err
	}
	namespace, err := o.connection.namespace()
	if err != nil {
		return err
	}
	connected, _, err := o.connection.client(rest.NoWarnings{})
	if err != nil {
		return err
	}
	report := o.ask(ctx, standing.Asker{Client: connected, Home: o.home, Namespace: namespace})
	if err := write(streams.Out, report); err != nil {
		return err
	}
	switch report.State {
	case standing.Failed:
		return &ExitError{Code: ExitDenied}
	case standing.Unknown:
		return &ExitError{Code: ExitUnknown}
	default:
		return nil
	}
}

// ask asks once, or until nothing is wrong.
func (o *statusOptions) ask(ctx context.Context, asker standing.Asker) *standing.Report {
	const pause = time.Second
	deadline := time.After(o.timeout)
	for {
		report := o.askOnce(ctx, asker)
		if !o.wait || report.State != standing.Failed {
			return report
		}
		select {
		case <-ctx.Done():
			return report
		case <-deadline:
			return report
		case <-time.After(pause):
		}
	}
}

// askOnce is over soon, whatever the API server does.
func (o *statusOptions) askOnce(ctx context.Context, asker standing.Asker) *standing.Report {
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return asker.Ask(ctx)
}

func statusWriter(output string) (func(io.Writer, *standing.Report) error, error) {
	switch output {
	case "table":
		return printStatus, nil
	case "json":
		return func(out io.Writer, report *standing.Report) error {
			encoder := json.NewEncoder(out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(report)
		}, nil
	case "yaml":
		return func(out io.Writer, report *standing.Report) error {
			text, err := yaml.Marshal(report)
			if err != nil {
				return err
			}
			_, err = out.Write(text)
			return err
		}, nil
	default:
		return nil, fmt.Errorf("--output: %q is none of table, json and yaml", output)
	}
}

func printStatus(out io.Writer, report *standing.Report) error {
	table := printers.GetNewTabWriter(out)
	row := func(cells ...string) {
		_, _ = fmt.Fprintln(table, strings.Join(cells, "\t")) // Flush returns the error
	}
	row("CHECK", "STATE", "DETAIL")
	for _, check := range report.Checks {
		row(check.Name, string(check.State), strings.ReplaceAll(check.Detail, "\n", "; "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(report.Policies) > 0 {
		_, _ = fmt.Fprintln(table)
		row("POLICY", "ACCEPTED", "LIMIT", "ACTIONS", "ROLLOUTS", "OVER LIMIT", "REASON")
	}
	for _, policy := range report.Policies {
		row(policy.Name, strconv.FormatBool(policy.Accepted), percent(policy.Limit), cmp.Or(strings.Join(policy.Actions, ","), "Deny"),
			number(policy.Matched), number(policy.OverLimit), reasonOf(policy.Acceptance))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(report.Kinds) > 0 {
		_, _ = fmt.Fprintln(table)
		row("ROLLOUTKIND", "ACCEPTED", "KIND", "REASON")
	}
	for _, kind := range report.Kinds {
		row(kind.Name, strconv.FormatBool(kind.Accepted), kind.Kind, reasonOf(kind.Acceptance))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s\n", report)
	return err
}

func reasonOf(acceptance standing.Acceptance) string {
	if acceptance.Accepted || acceptance.Message == "" {
		return cmp.Or(acceptance.Reason, "-")
	}
	return acceptance.Reason + ": " + acceptance.Message
}

func number(count *int32) string {
	if count == nil {
		return "-"
	}
	return strconv.Itoa(int(*count))
}
