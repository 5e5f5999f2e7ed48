package flux

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"

	gated "github.com/seawall-dev/seawall/pkg/gate/flux"
)

var _ = Describe("After the first write of an attempt is refused", func() {
	It("kustomize-controller writes once more what begins, and does nothing of it", func(ctx SpecContext) {
		refused := refuseFirst(ctx, object(kustomizeVersion, "Kustomization", Namespace, fleet.Environments[0]))
		recorder := record(ctx)
		revision := release(ctx, "v4")
		until(ctx, recorder, fleet.At(revision))
		refused.expectRest(fleet.Environments)
	})
})

// attempts are those to begin something of which the first write was refused, and no other: by the name of the object.
type attempts struct {
	lock sync.Mutex
	of   map[string]*attempt
}

// attempt is when the first write came, the second one, and after that the first of what is deployed.
type attempt struct{ refused, rest, applied time.Time }

// expectRest expects that the second write of most attempts comes while Seawall refuses it, and that nothing is applied
// for longer than that, though it was admitted: it would have a slot for nothing. Most, as the API server may ask twice
// about one patch, of which it knew an older version first: then nothing was refused.
func (a *attempts) expectRest(of []string) {
	GinkgoHelper()
	a.lock.Lock()
	defer a.lock.Unlock()
	dead := 0
	last, idle := time.Duration(0), patience
	for _, name := range of {
		one := a.of[name]
		Expect(one).NotTo(BeNil(), name)
		rest, nothing := one.rest.Sub(one.refused), one.applied.Sub(one.rest)
		if rest < gated.Attempt && nothing > gated.Attempt {
			dead++
			last, idle = max(last, rest), min(idle, nothing)
		}
	}
	AddReportEntry("refused first", fmt.Sprintf("the rest of %d attempts was written within %d ms, and nothing was applied for %.1f s",
		dead, last.Milliseconds(), idle.Seconds()), ReportEntryVisibilityAlways)
	Expect(dead).To(BeNumerically(">", len(of)/2))
}

// refuseFirst has the API server ask about objects of the same kind as one as it asks Seawall, until the spec ends.
func refuseFirst(ctx SpecContext, one unstructured.Unstructured) *attempts {
	GinkgoHelper()
	asked := &attempts{of: map[string]*attempt{}}
	server := httptest.NewTLSServer(asked)
	DeferCleanup(server.Close)
	text, err := os.ReadFile("../../charts/seawall/files/flux-starts.yaml")
	Expect(err).NotTo(HaveOccurred())
	var conditions []registrationv1.MatchCondition
	Expect(yaml.Unmarshal(text, &conditions)).To(Succeed())
	deployments := appsv1.SchemeGroupVersion.WithResource("deployments")
	kind, _ := meta.UnsafeGuessKindToResource(one.GroupVersionKind())
	kind.Resource += "/status"
	configuration := &registrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "refuse-first"},
		Webhooks: []registrationv1.ValidatingWebhook{
			hook(server, "begins.flux.test", kind, conditions...), hook(server, "applies.flux.test", deployments),
		},
	}
	Expect(api.Create(ctx, configuration)).To(Succeed())
	DeferCleanup(func(ctx context.Context) { Expect(api.Delete(ctx, configuration)).To(Succeed()) })
	Eventually(begin).WithContext(ctx).WithArguments(one).WithTimeout(patience).Should(MatchError(ContainSubstring("begins.flux.test")))
	return asked
}

func hook(
	server *httptest.Server, name string, of schema.GroupVersionResource, conditions ...registrationv1.MatchCondition,
) registrationv1.ValidatingWebhook {
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	rule := registrationv1.RuleWithOperations{Operations: []registrationv1.OperationType{registrationv1.Update}}
	rule.APIGroups, rule.APIVersions, rule.Resources = []string{of.Group}, []string{of.Version}, []string{of.Resource}
	return registrationv1.ValidatingWebhook{
		Name:                    name,
		Rules:                   []registrationv1.RuleWithOperations{rule},
		MatchConditions:         conditions,
		ClientConfig:            registrationv1.WebhookClientConfig{URL: &server.URL, CABundle: authority},
		SideEffects:             new(registrationv1.SideEffectClassNone),
		AdmissionReviewVersions: []string{"v1"},
	}
}

// ServeHTTP answers the API server.
func (a *attempts) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(request.Body).Decode(&review); err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: a.note(review.Request, time.Now())}
	_ = json.NewEncoder(response).Encode(review) // who does not get it takes that for a failure
}

func (a *attempts) note(write *admissionv1.AdmissionRequest, at time.Time) (allowed bool) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if write.Resource.Resource == "deployments" {
		if of := a.of[write.Namespace]; of != nil && !of.rest.IsZero() && of.applied.IsZero() {
			of.applied = at
		}
		return true
	}
	switch of := a.of[write.Name]; {
	case *write.DryRun:
		return false
	case of == nil:
		a.of[write.Name] = &attempt{refused: at}
		return false
	case of.rest.IsZero():
		of.rest = at
	}
	return true
}
