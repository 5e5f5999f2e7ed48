package applicationset

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/validation"
)

func TestSubdomain(t *testing.T) {
	g := gomega.NewWithT(t)
	names := []string{"", "-", ".", "a", "a.", ".a", "-a", "a-", "a.-b", "a-.b", "a..b", "a--b", "a.b", "A", "a_b", "ä", "a b"}
	names = append(names, strings.Repeat("a", longestName), strings.Repeat("a", longestName+1))
	const seed, some = 7, 20_000
	random := rand.New(rand.NewPCG(seed, seed))
	for range some {
		name := make([]byte, random.IntN(6))
		for i := range name {
			name[i] = "ab0-._B"[random.IntN(7)]
		}
		names = append(names, string(name))
	}
	for _, name := range names {
		g.Expect(subdomain([]byte(name))).To(gomega.Equal(len(validation.IsDNS1123Subdomain(name)) == 0), "%q", name)
	}
}
