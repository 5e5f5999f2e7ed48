package config_test

import (
	"testing"

	"github.com/onsi/gomega"
	"github.com/spf13/pflag"

	"github.com/seawall-dev/seawall/pkg/config"
)

func parse(t *testing.T, arguments ...string) config.Config {
	t.Helper()
	t.Setenv("POD_NAMESPACE", "seawall-system")
	configuration := config.Default()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	configuration.AddFlags(flags)
	required := []string{"--certificate-dns-names=seawall.seawall-system.svc"}
	gomega.NewWithT(t).Expect(flags.Parse(append(required, arguments...))).To(gomega.Succeed())
	return configuration
}

func TestDefaultsAreValid(t *testing.T) {
	configuration := parse(t)
	gomega.NewWithT(t).Expect(configuration.Validate()).To(gomega.Succeed())
}

func TestEveryBadFlagIsNamedWithItsValue(t *testing.T) {
	for argument, want := range map[string]string{
		"--namespace=Not_a_name":         `--namespace is "Not_a_name"`,
		"--argocd-namespace=":            `--argocd-namespace is ""`,
		"--certificates=vault":           `--certificates is "vault": want one of ["self" "mounted"]`,
		"--certificate-secret=a/b":       `--certificate-secret is "a/b"`,
		"--certificate-dns-names=UPPER":  `--certificate-dns-names has "UPPER", which is no IP address either`,
		"--webhook-configuration=":       `--webhook-configuration is ""`,
		"--webhook-port=0":               "--webhook-port is 0: want a number from 1 to 65535",
		"--review-memory=much":           `--review-memory is "much": want 0 or a quantity from 32Mi to 1Ti`,
		"--review-memory=31Mi":           `--review-memory is "31Mi"`,
		"--review-memory=-1":             `--review-memory is "-1"`,
		"--on-error=Ignore":              `--on-error is "Ignore": want one of ["Deny" "Allow"]`,
		"--argocd-progressive-syncs=yes": "--argocd-progressive-syncs",
		"--nudge-as=somebody":            "--nudge-as is set without --sync-gate",
		"--kargo-controller=somebody":    "--kargo-controller is set without --sync-gate",
		"--shutdown-delay=-1s":           "--shutdown-delay is -1s",
		"--override-retention=-1s":       "--override-retention is -1s: want a duration from 0s to 87600h0m0s",
		"--record-queue=0":               "--record-queue is 0: want a number from 100 to 1000000",
		"--report-retention=1s":          "--report-retention is 1s: want a duration of at least 1m",
		"--reports-per-namespace=0":      "--reports-per-namespace is 0",
		"--reports-total=-1":             "--reports-total is -1",
		"--log-level=chatty":             `--log-level is "chatty"`,
		"--tracing-endpoint=collector":   `--tracing-endpoint is "collector": want a URL such as http://collector:4318`,
		"--tracing-endpoint=grpc://c:1":  `--tracing-endpoint is "grpc://c:1"`,
		"--tracing-endpoint=http://":     `--tracing-endpoint is "http://"`,
		"--tracing-sampling-ratio=1.5":   "--tracing-sampling-ratio is 1.5: want a number from 0 to 1",
		"--tracing-sampling-ratio=NaN":   "--tracing-sampling-ratio is NaN",
		"--recount-interval=1s":          "--recount-interval is 1s: want 0 or a duration from 10s to 24h",
		"--recount-interval=-1m":         "--recount-interval is -1m",
		"--recount-interval=25h":         "--recount-interval is 25h",
		"--denial-help=two\nlines":       `--denial-help is "two\nlines": want at most 300 characters on one line`,
		"--excluded-namespaces=a,B":      `--excluded-namespaces is "B": want the name of a namespace`,
	} {
		t.Run(argument, func(t *testing.T) {
			configuration := parse(t, argument)
			gomega.NewWithT(t).Expect(configuration.Validate()).To(gomega.MatchError(gomega.ContainSubstring(want)))
		})
	}
}

func TestCallersNeedASubject(t *testing.T) {
	g := gomega.NewWithT(t)
	configuration := parse(t, "--client-ca=ca.crt")
	g.Expect(configuration.Validate()).To(gomega.Succeed())
	g.Expect(configuration.Callers.Subjects).To(gomega.Equal([]string{"kube-apiserver-kubelet-client"}))
	configuration = parse(t, "--client-ca=ca.crt", "--client-subject=a, b", "--client-subject=c")
	g.Expect(configuration.Validate()).To(gomega.Succeed())
	g.Expect(configuration.Callers.Subjects).To(gomega.Equal([]string{"a, b", "c"}))
	configuration = parse(t, "--client-ca=ca.crt", "--client-subject=")
	g.Expect(configuration.Validate()).To(gomega.MatchError(gomega.ContainSubstring("--client-subject is empty")))
}

func TestTheRecountCanBeTurnedOff(t *testing.T) {
	configuration := parse(t, "--recount-interval=0")
	gomega.NewWithT(t).Expect(configuration.Validate()).To(gomega.Succeed())
}

func TestMountedCertificatesNeedNoNames(t *testing.T) {
	g := gomega.NewWithT(t)
	configuration := parse(t, "--certificates=mounted")
	configuration.Certificates.Names, configuration.Certificates.Secret = nil, ""
	g.Expect(configuration.Validate()).To(gomega.Succeed())
	configuration = parse(t, "--certificates=mounted", "--certificate-directory=")
	g.Expect(configuration.Validate()).To(gomega.MatchError(gomega.ContainSubstring("--certificate-directory is empty")))
	for value, want := range map[string]string{
		"%":    "--certificate-authorities: want PEM in base64",
		"eA==": "--certificate-authorities: want certificates in PEM, in base64",
	} {
		configuration = parse(t, "--certificates=mounted", "--certificate-authorities="+value)
		g.Expect(configuration.Validate()).To(gomega.MatchError(gomega.ContainSubstring(want)))
	}
}
