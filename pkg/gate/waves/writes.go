package waves

import (
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// mostRates is how many different rates a Wave holds of one write.
const mostRates = 16

func writeOf(one *v1alpha1.WaveWrite) gate.Write {
	groups := make([]risk.Group, 0, len(one.Wave))
	for _, same := range one.Wave {
		rate, _ := risk.ParseProbability(string(same.SuccessRate)) // as of starts
		groups = append(groups, risk.Group{Rate: rate, Count: int(same.Environments)})
	}
	return gate.Write{
		Rollout: gate.Rollout{Group: one.Group, Kind: one.Kind, Namespace: one.Namespace, Name: one.Name, UID: one.UID},
		Version: one.ResourceVersion, Content: one.Content, Generation: one.Generation,
		Wave: risk.Mixed(groups...), Environments: int(one.Environments), TornDown: int(one.TornDown),
		By: one.By, At: timeOf(one.Since),
	}
}

func writtenWrite(one *gate.Write) v1alpha1.WaveWrite {
	kept := v1alpha1.WaveWrite{
		Group: one.Group, Kind: one.Kind, Namespace: one.Namespace, Name: one.Name, UID: one.UID,
		ResourceVersion: one.Version, Content: one.Content, Generation: one.Generation,
		Environments: small(one.Environments), TornDown: small(one.TornDown),
		By: cut(one.By, longestUser), Since: written(one.At),
	}
	for _, same := range one.Wave.Coarser(mostRates).Groups() {
		kept.Wave = append(kept.Wave, v1alpha1.WaveRate{
			SuccessRate: v1alpha1.Probability(same.Rate.String()), Environments: small(same.Count),
		})
	}
	return kept
}
