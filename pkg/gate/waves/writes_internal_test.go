package waves

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

func writes() *rapid.Generator[gate.Write] {
	return rapid.Custom(func(t *rapid.T) gate.Write {
		groups := []risk.Group{{Rate: 990_000_000, Count: 1}}
		for range rapid.IntRange(0, 20).Draw(t, "rates") {
			groups = append(groups, risk.Group{
				Rate: risk.Probability(rapid.Uint32Range(0, uint32(risk.One)).Draw(t, "rate")), Count: rapid.IntRange(1, 1000).Draw(t, "count"),
			})
		}
		return gate.Write{
			Rollout: gate.Rollout{
				Group: text(20).Draw(t, "group"), Kind: text(20).Draw(t, "kind"), Namespace: text(20).Draw(t, "namespace"),
				Name: text(20).Draw(t, "name"), UID: text(40).Draw(t, "uid"),
			},
			Version: text(20).Draw(t, "version"), Content: text(64).Draw(t, "content"), Generation: rapid.Int64Range(0, 1000).Draw(t, "generation"),
			Wave: risk.Mixed(groups...), Environments: rapid.IntRange(0, 1000).Draw(t, "environments"), TornDown: rapid.IntRange(0, 1000).Draw(t, "torn down"),
			By: text(longestUser).Draw(t, "by"), At: times().Draw(t, "at"),
		}
	})
}

func TestWhatAWaveHoldsOfWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gomega.NewWithT(t)
		ledger := gate.Ledger{Writes: rapid.SliceOfN(writes(), 1, 3).Draw(t, "writes"), Peak: 7}
		var status v1alpha1.WaveStatus
		put(&status, ledger)
		g.Expect(*status.InFlightCount).To(gomega.BeEquivalentTo(ledger.Written().N()))
		stored, err := json.Marshal(status)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		var read v1alpha1.WaveStatus
		g.Expect(json.Unmarshal(stored, &read)).To(gomega.Succeed())
		kept := ledgerOf(&read)
		g.Expect(kept.Equal(ledger)).To(gomega.BeTrue())
		for i, write := range kept.Writes {
			g.Expect(len(write.Wave.Groups())).To(gomega.BeNumerically("<=", mostRates))
			want := ledger.Writes[i]
			want.Wave = want.Wave.Coarser(mostRates)
			g.Expect(write).To(gomega.Equal(want), "all but what was stored before, which is of no use then")
		}
	})
}

// TestTheLargestWaveOfWritesFitsIntoOneObject holds that it is below the 1.5 MiB that etcd takes.
func TestTheLargestWaveOfWritesFitsIntoOneObject(t *testing.T) {
	g := gomega.NewWithT(t)
	longest := func(n int) string { return strings.Repeat("x", n) }
	var groups []risk.Group
	for i := range mostRates {
		groups = append(groups, risk.Group{Rate: 900_000_001 + risk.Probability(i), Count: 1_000_000})
	}
	write := gate.Write{
		Rollout: gate.Rollout{Group: longest(253), Kind: longest(63), Namespace: longest(63), Name: longest(253), UID: longest(36)},
		Version: longest(20), Content: longest(64), Generation: 1 << 40, Wave: risk.Mixed(groups...),
		Environments: 1_000_000, TornDown: 1_000_000, By: longest(longestUser), At: time.Now(),
	}
	var status v1alpha1.WaveStatus
	var ledger gate.Ledger
	for range gate.MostWrites {
		ledger.Writes = append(ledger.Writes, write)
	}
	put(&status, ledger)
	stored, err := json.Marshal(status)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(len(stored)).To(gomega.BeNumerically("<", 3<<19))
}
