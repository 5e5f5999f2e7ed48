package starts

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
)

func TestALedgerThatRestsIsWrittenLater(t *testing.T) {
	now := time.Unix(1000, 0)
	start := gate.Start{Environment: gate.Environment{Namespace: "argocd", Name: "a"}}
	var empty gate.Ledger
	inFlight := empty.Start(start)
	settled := inFlight
	settled.InFlight = nil
	failed := settled
	failed.Failures = []gate.Failure{{Environment: start.Environment}}
	seen := settled
	seen.Sightings = []gate.Sighting{{Release: gate.Release{Revision: "b"}, At: now}}
	for name, test := range map[string]struct {
		after   gate.Ledger
		written time.Duration
		rests   bool
	}{
		"one is not in flight any more":       {after: settled, written: restPeriod - time.Second, rests: true},
		"it has been so for a while":          {after: settled, written: restPeriod},
		"one has failed":                      {after: failed, written: time.Second},
		"something new is seen in the order":  {after: seen, written: time.Second},
		"nothing has come of what was stored": {after: inFlight, written: time.Second, rests: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			wave := &v1alpha1.Wave{Status: v1alpha1.WaveStatus{ObservedTime: &metav1.MicroTime{Time: now.Add(-test.written)}}}
			g.Expect(rests(wave, inFlight, test.after, now)).To(gomega.Equal(test.rests))
			g.Expect(rests(&v1alpha1.Wave{}, inFlight, test.after, now)).To(gomega.BeFalse(), "nothing is known of one that was never written")
		})
	}
}
