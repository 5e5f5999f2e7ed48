package admission_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// ungated concludes that no policy gates a start, as it seems while no policy is known.
type ungated struct{}

func (ungated) Judge(context.Context, *gate.Started, bool) (starts.Judgement, error) {
	return starts.Judgement{}, nil
}

func (ungated) Idle() bool { return false }

// idle judges no start at all.
type idle struct{ ungated }

func (idle) Idle() bool { return true }

// unreadable reads no write.
type unreadable struct{}

func (unreadable) Read(gate.Request) (*gate.Started, error) {
	return nil, errors.New("clusters have not been read")
}

func TestAStartThatNoPolicyGatesNeedsNothing(t *testing.T) {
	g := gomega.NewWithT(t)
	request := ctrladmission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		Kind: metav1.GroupVersionKind{Group: "argoproj.io", Kind: "Application"}, Operation: admissionv1.Create,
	}}
	kinds := map[schema.GroupKind]admission.StartsOf{{Group: "argoproj.io", Kind: "Application"}: {Reader: unreadable{}}}
	handler := &admission.Starts{Judge: idle{}, Kinds: kinds, Sink: audit.Sinks{}, Ready: func() error { return nil }}
	g.Expect(handler.Handle(t.Context(), request).Allowed).To(gomega.BeTrue())
	handler.Judge = ungated{}
	g.Expect(handler.Handle(t.Context(), request).Allowed).To(gomega.BeFalse(), "it may be gated")
}

// beginning takes each write for a start.
type beginning struct{}

func (beginning) Read(gate.Request) (*gate.Started, error) { return &gate.Started{}, nil }

func TestNoStartPassesWhilePoliciesAreNotKnown(t *testing.T) {
	g := gomega.NewWithT(t)
	request := ctrladmission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		Kind: metav1.GroupVersionKind{Group: "argoproj.io", Kind: "Application"}, Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: []byte(`{"operation":{"sync":{}}}`)},
	}}
	kinds := map[schema.GroupKind]admission.StartsOf{{Group: "argoproj.io", Kind: "Application"}: {Reader: beginning{}}}
	var unknown error
	handler := &admission.Starts{Judge: ungated{}, Kinds: kinds, Sink: audit.Sinks{}, Ready: func() error { return unknown }}
	g.Expect(handler.Handle(t.Context(), request).Allowed).To(gomega.BeTrue())
	unknown = errors.New("policies have not been read")
	response := handler.Handle(t.Context(), request)
	g.Expect(response.Allowed).To(gomega.BeFalse())
	g.Expect(response.Result.Code).To(gomega.BeEquivalentTo(http.StatusServiceUnavailable))
	g.Expect(response.Result.Message).To(gomega.ContainSubstring("policies have not been read (not a denial)"))
}
