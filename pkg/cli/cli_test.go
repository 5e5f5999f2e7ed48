package cli

import (
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/version"
)

func TestVersionIsPrinted(t *testing.T) {
	g := gomega.NewWithT(t)
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	command := New(streams)
	command.SetArgs([]string{"version", "--client"})
	g.Expect(command.Execute()).To(gomega.Succeed())
	g.Expect(out.String()).To(gomega.Equal(version.Get() + "\n"))
}

func TestUnknownCommandIsAnError(t *testing.T) {
	g := gomega.NewWithT(t)
	command := New(genericiooptions.NewTestIOStreamsDiscard())
	command.SetArgs([]string{"frobnicate"})
	g.Expect(command.Execute()).To(gomega.MatchError(gomega.ContainSubstring(`unknown command "frobnicate"`)))
}
