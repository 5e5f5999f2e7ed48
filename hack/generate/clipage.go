package main

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/cli"
)

const (
	commandsPage     = "docs/commands.md"
	commandsPageHead = `<!-- Generated from pkg/cli by hack/generate. DO NOT EDIT. -->
# Reference of kubectl seawall

Every command and every flag, as ` + "`kubectl seawall COMMAND --help`" + ` prints them. How they are used is in
[check.md](check.md), [ci.md](ci.md) and [auditor.md](auditor.md).
`
	connectionHead = `
## Flags of the connection

The commands that say so reach a cluster as kubectl does, by these flags.

`
)

// writeCommandsPage writes the reference of the kubectl plugin from its commands. cobra's own generator repeats
// the two dozen flags of the connection on a page for each command.
func writeCommandsPage(root *os.Root) error {
	connection := pflag.NewFlagSet("", pflag.ContinueOnError)
	genericclioptions.NewConfigFlags(true).AddFlags(connection)
	command := cli.New(genericiooptions.NewTestIOStreamsDiscard())
	var page, own strings.Builder
	page.WriteString(commandsPageHead)
	page.WriteString("\n| command | |\n|---|---|\n")
	writeCommands(&page, &own, command, connection)
	page.WriteString(own.String())
	page.WriteString(connectionHead + flagTable(connection))
	return root.WriteFile(commandsPage, []byte(page.String()), 0o644)
}

// writeCommands writes a line of the contents, and a section, for each command below one that can be run.
func writeCommands(contents, sections *strings.Builder, parent *cobra.Command, connection *pflag.FlagSet) {
	for _, command := range parent.Commands() {
		if !command.IsAvailableCommand() || command.Name() == "help" {
			continue
		}
		if command.HasAvailableSubCommands() {
			writeCommands(contents, sections, command, connection)
			continue
		}
		name := strings.TrimPrefix(command.CommandPath(), command.Root().DisplayName()+" ")
		fmt.Fprintf(contents, "| [%s](#%s) | %s |\n", name, strings.ReplaceAll(name, " ", "-"), command.Short)
		writeCommand(sections, name, command, connection)
	}
}

func writeCommand(page *strings.Builder, name string, command *cobra.Command, connection *pflag.FlagSet) {
	// The text is made for a terminal, and holds indented commands and angle brackets.
	fmt.Fprintf(page, "\n## %s\n\n```text\n%s", name, command.UseLine())
	for _, text := range []string{cmp.Or(command.Long, command.Short+"."), command.Example} {
		if text != "" {
			page.WriteString("\n\n" + text)
		}
	}
	page.WriteString("\n```\n")
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	connects := false
	command.NonInheritedFlags().VisitAll(func(flag *pflag.Flag) {
		if known := connection.Lookup(flag.Name); known != nil && known.Usage == flag.Usage {
			connects = true
		} else if flag.Name != "help" {
			own.AddFlag(flag)
		}
	})
	if own.HasFlags() {
		page.WriteString("\n" + flagTable(own))
	}
	if connects {
		page.WriteString("\nIt takes the [flags of the connection](#flags-of-the-connection), too.\n")
	}
}

// flagTable is a table of flags. The default of the folder of the cache is another one for each user.
func flagTable(flags *pflag.FlagSet) string {
	var rows strings.Builder
	rows.WriteString("| flag | default | meaning |\n|---|---|---|\n")
	cell := strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`)
	flags.VisitAll(func(flag *pflag.Flag) {
		name := "--" + flag.Name
		if flag.Shorthand != "" {
			name = "-" + flag.Shorthand + ", " + name
		}
		what, usage := pflag.UnquoteUsage(flag)
		if what != "" {
			name += " " + what
		}
		standard := ""
		if value := flag.DefValue; flag.Name != "cache-dir" && value != "" && value != "[]" && value != "false" {
			standard = "`" + value + "`"
		}
		fmt.Fprintf(&rows, "| `%s` | %s | %s |\n", name, standard, cell.Replace(strings.Join(strings.Fields(usage), " ")))
	})
	return rows.String()
}
