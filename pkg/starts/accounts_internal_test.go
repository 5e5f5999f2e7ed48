package starts

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

func TestAccounts(t *testing.T) {
	g := gomega.NewWithT(t)
	entry := func(second int64) v1alpha1.WaveEntry {
		return v1alpha1.WaveEntry{WaveStart: v1alpha1.WaveStart{Since: &metav1.MicroTime{Time: time.Unix(second, 0)}}}
	}
	busy := &v1alpha1.WaveStatus{
		InFlight: []v1alpha1.WaveEntry{entry(30), entry(20), entry(40)}, Largest: new(int32(3)), Held: new(int32(4)),
		HeldSince: &metav1.Time{Time: time.Unix(50, 0)}, HaltedBy: "app-04",
	}
	other := &v1alpha1.WaveStatus{
		InFlight: []v1alpha1.WaveEntry{entry(10)}, Largest: new(int32(2)), Held: new(int32(1)), HeldSince: &metav1.Time{Time: time.Unix(60, 0)},
	}
	want := Account{
		Groups: 3, Halted: 1, InFlight: 4, Since: time.Unix(10, 0), Held: 5, HeldSince: time.Unix(50, 0), Largest: 2, Fullest: 1,
	}
	g.Expect(Account{}.plus(busy, true).plus(other, true).plus(&v1alpha1.WaveStatus{}, true)).To(gomega.Equal(want))
	want.HeldSince = time.Time{}
	g.Expect(Account{}.plus(other, false).plus(&v1alpha1.WaveStatus{}, false).plus(busy, false)).To(gomega.Equal(want), "where nothing is held nothing waits")
}

func TestWhatTheAPIServerDoesAboutStarts(t *testing.T) {
	rules := []admissionregistrationv1.RuleWithOperations{{}}
	for name, test := range map[string]struct {
		hook            admissionregistrationv1.ValidatingWebhook
		two             bool
		asks, failsOpen bool
	}{
		"it asks, and refuses when nobody answers": {hook: admissionregistrationv1.ValidatingWebhook{Name: "starts.seawall.dev", Rules: rules, FailurePolicy: new(admissionregistrationv1.Fail)}, asks: true, failsOpen: false},
		"it lets them pass then":                   {hook: admissionregistrationv1.ValidatingWebhook{Name: "starts.seawall.dev", Rules: rules, FailurePolicy: new(admissionregistrationv1.Ignore)}, asks: true, failsOpen: true},
		"it asks about nothing":                    {hook: admissionregistrationv1.ValidatingWebhook{Name: "starts.seawall.dev"}, asks: false, failsOpen: false},
		"another one's":                            {hook: admissionregistrationv1.ValidatingWebhook{Name: "waves.seawall.dev", Rules: rules, FailurePolicy: new(admissionregistrationv1.Ignore)}, asks: false, failsOpen: false},
		"it asks about one system of two":          {hook: admissionregistrationv1.ValidatingWebhook{Name: "starts.seawall.dev", Rules: rules}, two: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			of := &Registration{Hooks: []string{"starts.seawall.dev"}}
			if test.two {
				of.Hooks = append(of.Hooks, "flux.starts.seawall.dev")
			}
			asks, failsOpen := of.registered([]admissionregistrationv1.ValidatingWebhook{{Name: "configuration.seawall.dev"}, test.hook})
			g.Expect(asks).To(gomega.Equal(test.asks))
			g.Expect(failsOpen).To(gomega.Equal(test.failsOpen))
		})
	}
}
