package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// completer is the name under which kubectl asks a plugin what may come next.
const completer = "kubectl_complete-seawall"

const completionHelp = `Print what a shell needs to complete the commands.

kubectl completes a plugin by asking the program kubectl_complete-seawall. That is this one by another
name; put a link to it into the PATH, and kubectl's own completion does the rest:

  ln -s "$(command -v kubectl-seawall)" "$(dirname "$(command -v kubectl-seawall)")/kubectl_complete-seawall"

On Windows copy kubectl-seawall.exe to kubectl_complete-seawall.exe. The shells are for kubectl-seawall
where it is run without kubectl, such as

  source <(kubectl-seawall completion bash)`

// Arguments returns the arguments of a program, its name the first: by its other name it completes.
func Arguments(program []string) []string {
	if len(program) == 0 {
		return nil
	}
	name := strings.TrimSuffix(filepath.Base(program[0]), ".exe")
	if name == completer {
		return slices.Concat([]string{cobra.ShellCompRequestCmd}, program[1:])
	}
	return program[1:]
}

func newCompletion(streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{
		Use:                   "completion bash|zsh|fish|powershell",
		Short:                 "Print what a shell needs to complete the commands",
		Long:                  completionHelp,
		DisableFlagsInUseLine: true,
		Args:                  cobra.ExactArgs(1),
		ValidArgs:             []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(command *cobra.Command, args []string) error {
			root := command.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(streams.Out, true)
			case "zsh":
				return root.GenZshCompletion(streams.Out)
			case "fish":
				return root.GenFishCompletion(streams.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(streams.Out)
			default:
				return fmt.Errorf("%q is no shell: want bash, zsh, fish or powershell", args[0])
			}
		},
	}
}

// complete lets a shell complete a flag by some words.
func complete(command *cobra.Command, flag string, words ...string) {
	// It fails for a flag that is not there only, and then the test of all flags does.
	_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}
