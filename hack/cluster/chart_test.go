package cluster

import (
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func TestReachByURL(t *testing.T) {
	g := NewWithT(t)
	given, err := os.ReadFile("testdata/webhooks.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	objects, err := ParseManifests(given)
	g.Expect(err).NotTo(HaveOccurred())

	reached := ReachByURL(objects, "https://localhost:1234")

	const service = "service: {name: seawall, namespace: seawall-system, path: /validate-waves, port: 443}"
	wanted := strings.ReplaceAll(string(given), service, "url: https://localhost:1234/validate-waves")
	want, err := ParseManifests([]byte(wanted))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(reached).To(Equal(want))
	unchanged, err := ParseManifests(given)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(objects).To(Equal(unchanged), "the argument is left alone")
}
