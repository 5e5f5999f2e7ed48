package admission_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// ungated concludes that no policy gates a start, as it seems while no policy is known.
type ungated struct{}

func (ungated) Judge(context.Context, *argocd.Started, bool) (starts.Judgement, error) {
	return starts.Judgement{}, nil
}

func TestNoStartPassesWhilePoliciesAreNotKnown(t *testing.T) {
	g := gomega.NewWithT(t)
	request := ctrladmission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: []byte(`{"operation":{"sync":{}}}`)},
	}}
	var unknown error
	handler := &admission.Starts{Judge: ungated{}, Sink: audit.Sinks{}, Ready: func() error { return unknown }}
	g.Expect(handler.Handle(t.Context(), request).Allowed).To(gomega.BeTrue())
	unknown = errors.New("policies have not been read")
	response := handler.Handle(t.Context(), request)
	g.Expect(response.Allowed).To(gomega.BeFalse())
	g.Expect(response.Result.Code).To(gomega.BeEquivalentTo(http.StatusServiceUnavailable))
	g.Expect(response.Result.Message).To(gomega.ContainSubstring("policies have not been read (not a denial)"))
}
