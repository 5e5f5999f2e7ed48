package admission

import (
	"context"
	"encoding/json"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
)

// ConfigurationPath is where the webhook checks Seawall's own objects.
const ConfigurationPath = "/validate-configuration"

// Check says what is wrong with an object of Seawall's own that is created or updated, and
// what its author should know.
type Check func(ctx context.Context, request admission.Request) (problems field.ErrorList, warnings []string, err error)

// Configuration answers about writes of Seawall's own objects, by their plural resource.
// It only tells authors early: what was admitted unasked is found out when it is used.
type Configuration map[string]Check

var _ admission.Handler = Configuration{}

// Handle implements controller-runtime's admission.Handler.
func (c Configuration) Handle(ctx context.Context, request admission.Request) admission.Response {
	check, known := c[request.Resource.Resource]
	if !known || request.SubResource != "" || request.Operation == admissionv1.Delete {
		return allowed()
	}
	if err := budget.From(ctx).Refused(); err != nil {
		return allowed("this was not checked: " + err.Error())
	}
	problems, warnings, err := check(ctx, request)
	if err != nil {
		return refused(http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
	}
	if len(problems) > 0 {
		kind := schema.GroupKind{Group: request.Kind.Group, Kind: request.Kind.Kind}
		status := apierrors.NewInvalid(kind, request.Name, problems).Status()
		return admission.Response{AdmissionResponse: admissionv1.AdmissionResponse{Result: &status}}
	}
	for i := range warnings {
		warnings[i] = audit.Clean(warnings[i])
	}
	return allowed(warnings...)
}

// CheckRolloutKind compiles the expressions of a RolloutKind. Refuses says why none may describe a
// kind; nothing, if one may.
func CheckRolloutKind(refuses func(schema.GroupKind) string) Check {
	return func(_ context.Context, request admission.Request) (field.ErrorList, []string, error) {
		var source v1alpha1.RolloutKind
		if err := json.Unmarshal(request.Object.Raw, &source); err != nil {
			return nil, nil, err
		}
		problems := custom.Validate(&source.Spec)
		if why := refuses(schema.GroupKind{Group: source.Spec.Group, Kind: source.Spec.Kind}); why != "" {
			problems = append(problems, field.Forbidden(field.NewPath("spec"), why))
		}
		return problems, nil, nil
	}
}
