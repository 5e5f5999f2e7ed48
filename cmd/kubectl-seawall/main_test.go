package main

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/cli"
	"github.com/seawall-dev/seawall/pkg/config"
)

func TestTheHelpOfDenialsIsTheWebhooks(t *testing.T) {
	g := NewWithT(t)
	command, _, err := cli.New(genericiooptions.NewTestIOStreamsDiscard()).Find([]string{"check"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(command.Flags().Lookup("denial-help").DefValue).To(Equal(config.Default().DenialHelp))
}
