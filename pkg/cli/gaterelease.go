package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const releaseExample = `  # Let go at once what is left of one Wave
  kubectl seawall gate release starts-3f2a8c0d5e6b7a91

  # And of all that drain since a policy holds nothing any more
  kubectl seawall gate release --policy starts --yes`

// releaseOptions are the flags of gate release.
type releaseOptions struct {
	connection *connection
	policy     string
	yes        bool
}

func newGateRelease(streams genericiooptions.IOStreams) *cobra.Command {
	o := &releaseOptions{connection: newConnection()}
	command := &cobra.Command{
		Use:   "release [WAVE]",
		Short: "Let go at once what is left of a Wave that drains",
		Long: "A Wave drains when its policy is deleted, or says syncGate or Deny no longer: what is left goes on at the last limit.\n" +
			"This ends it, and all that waits starts. It takes the verbs patch on waves.seawall.dev and loosen on wavepolicies.seawall.dev,\n" +
			"which the ClusterRole seawall-policy-owner has. What a policy holds is not released: change that.",
		Example: releaseExample,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			return o.run(command.Context(), streams, args)
		},
	}
	o.connection.addFlags(command.Flags())
	command.Flags().StringVar(&o.policy, "policy", "", "name of a WavePolicy, which may be gone: all of its Waves that drain")
	command.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	return command
}

func (o *releaseOptions) run(ctx context.Context, streams genericiooptions.IOStreams, args []string) error {
	if (len(args) == 0) == (o.policy == "") {
		return errors.New("name a Wave, or the policy of several with --policy")
	}
	connected, _, err := o.connection.client(rest.NoWarnings{})
	if err != nil {
		return err
	}
	list, err := readStarts(ctx, connected)
	if err != nil {
		return err
	}
	draining, err := o.chosen(list.Items, args)
	if err != nil {
		return err
	}
	if !o.yes && !confirmed(streams, draining) {
		return errors.New("nothing was released")
	}
	for i := range draining {
		if err := release(ctx, connected, &draining[i]); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(streams.Out, "wave.seawall.dev/%s released\n", draining[i].Name)
	}
	return nil
}

// chosen returns the Waves to release, of which each drains.
func (o *releaseOptions) chosen(waves []v1alpha1.Wave, args []string) ([]v1alpha1.Wave, error) {
	found := slices.DeleteFunc(waves, func(wave v1alpha1.Wave) bool {
		return o.policy != "" && wave.Spec.PolicyName != o.policy || len(args) > 0 && wave.Name != args[0]
	})
	draining := slices.DeleteFunc(slices.Clone(found), func(wave v1alpha1.Wave) bool { return wave.Status.DrainingSince == nil })
	switch {
	case len(found) == 0 && o.policy == "":
		return nil, fmt.Errorf("there is no Wave %s: kubectl seawall gate list", args[0])
	case len(found) == 0:
		return nil, fmt.Errorf("policy %q has no Waves: kubectl seawall gate list", o.policy)
	case len(draining) == 0:
		return nil, fmt.Errorf("no Wave of policy %q drains, so that nothing is to be released: what is held is held by the policy",
			found[0].Spec.PolicyName)
	}
	return draining, nil
}

// confirmed asks whether it is meant.
func confirmed(streams genericiooptions.IOStreams, waves []v1alpha1.Wave) bool {
	for i := range waves {
		_, _ = fmt.Fprintf(streams.ErrOut, "%s: %s held of %s\n", waves[i].Name, number(waves[i].Status.Held), groupOf(&waves[i]))
	}
	_, _ = fmt.Fprint(streams.ErrOut, "All that waits there starts at once. Go on? [y/N] ")
	answer, _ := bufio.NewReader(streams.In).ReadString('\n') // none is a no
	return slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(answer)))
}

// release tells Seawall that a Wave is to drain no longer.
func release(ctx context.Context, connected client.Client, wave *v1alpha1.Wave) error {
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"true"}}}`, v1alpha1.ReleaseAnnotation)
	err := connected.Patch(ctx, wave, client.RawPatch("application/merge-patch+json", patch))
	if apierrors.IsForbidden(err) && !strings.Contains(err.Error(), "ValidatingAdmissionPolicy") {
		return fmt.Errorf("it takes the verb patch on waves.seawall.dev, which the ClusterRole seawall-policy-owner has: %w", err)
	}
	return err
}
