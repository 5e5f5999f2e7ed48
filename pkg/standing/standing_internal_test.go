package standing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// authority is a certificate that ends then.
func authority(t *testing.T, ends time.Time) []byte {
	t.Helper()
	g := gomega.NewWithT(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: ends.Add(-48 * time.Hour), NotAfter: ends}
	text, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: text})
}

func TestTrusted(t *testing.T) {
	good, over := authority(t, time.Now().Add(time.Hour)), authority(t, time.Now().Add(-time.Hour))
	for name, test := range map[string]struct {
		bundles [][]byte
		state   State
		detail  string
	}{
		"an authority":                     {[][]byte{good}, OK, "by an authority until "},
		"one that takes over from another": {[][]byte{append(append([]byte{}, over...), good...)}, OK, "by an authority until "},
		"none":                             {[][]byte{good, nil}, Failed, "caBundle of webhook hook-1 is empty"},
		"one that has ended":               {[][]byte{good, over}, Failed, "ended"},
		"what is no certificate":           {[][]byte{[]byte("trust me")}, Failed, "is no certificate in PEM"},
		"what says that it is one":         {[][]byte{[]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}, Failed, "is no certificate: "},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var hooks []admissionregistrationv1.ValidatingWebhook
			for i, bundle := range test.bundles {
				hook := admissionregistrationv1.ValidatingWebhook{Name: "hook-" + string(rune('0'+i))}
				hook.ClientConfig.CABundle = bundle
				hooks = append(hooks, hook)
			}
			check := trusted("trusted", hooks)
			g.Expect(check.State).To(gomega.Equal(test.state))
			g.Expect(check.Detail).To(gomega.ContainSubstring(test.detail))
		})
	}
}

func TestAcceptance(t *testing.T) {
	condition := metav1.Condition{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue, Reason: "Accepted", ObservedGeneration: 2}
	refused := condition
	refused.Status, refused.Reason, refused.Message = metav1.ConditionFalse, "Invalid", "a field\x1b[31m is wrong"
	for name, test := range map[string]struct {
		conditions []metav1.Condition
		want       Acceptance
	}{
		"accepted":          {[]metav1.Condition{condition}, Acceptance{Accepted: true, Reason: "Accepted"}},
		"refused":           {[]metav1.Condition{refused}, Acceptance{Reason: "Invalid", Message: "a field\ufffd[31m is wrong"}},
		"not seen":          {nil, Acceptance{Reason: "NotSeen", Message: "Seawall has not said anything about it"}},
		"changed meanwhile": {[]metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue, ObservedGeneration: 1}}, Acceptance{Reason: "NotSeen", Message: "Seawall has not said anything about its last change"}},
	} {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(acceptance(test.conditions, 2)).To(gomega.Equal(test.want))
		})
	}
}

func TestWhatCannotBeSeenIsNoFailure(t *testing.T) {
	g := gomega.NewWithT(t)
	forbidden := apierrors.NewForbidden(schema.GroupResource{Group: "apps", Resource: "deployments"}, "", errors.New("no"))
	g.Expect(unseen("ready", "the verb list on deployments.apps", forbidden)).To(gomega.And(
		gomega.HaveField("State", Unknown), gomega.HaveField("Detail", gomega.HavePrefix("takes the verb list on deployments.apps: "))))
	g.Expect(unseen("ready", "", errors.New("connection refused")).State).To(gomega.Equal(Failed))
	g.Expect((&Report{State: Unknown, Checks: []Check{{Name: "a", State: OK}, {Name: "b", State: Unknown}}}).String()).
		To(gomega.Equal("Nothing is wrong as far as can be seen, but this cannot: b."))
	g.Expect((&Report{State: Failed, Checks: []Check{{Name: "a", State: Failed}, {Name: "b", State: Unknown}}}).String()).
		To(gomega.Equal("Seawall is not up: a."))
}
