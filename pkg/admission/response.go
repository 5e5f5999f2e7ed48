package admission

import (
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// recordOf returns the record of a request, clean.
func recordOf(request admission.Request, result outcome) audit.Record {
	verdict := result.decision.Verdict
	record := audit.Record{
		UID:              string(request.UID),
		Time:             time.Now(),
		Action:           result.decision.Action.String(),
		Reason:           string(verdict.Reason),
		Group:            request.Kind.Group,
		Version:          request.Kind.Version,
		Kind:             request.Kind.Kind,
		Namespace:        request.Namespace,
		Name:             nameOf(request),
		Operation:        string(request.Operation),
		User:             request.UserInfo.Username,
		DryRun:           isDryRun(request),
		Policy:           verdict.Policy,
		Message:          verdict.Message,
		Environments:     verdict.Environments,
		Wave:             verdict.Wave,
		WaveEnvironments: verdict.WaveEnvironments,
		Probability:      verdict.Probability,
		Limit:            verdict.Limit,
		SuccessRate:      verdict.SuccessRate,
		Evidence:         result.change.Evidence,
		Total:            result.change.Environments,
		Held:             result.change.Held,
		Routine:          verdict.Reason == policy.NotJudged || verdict.Reason == policy.NoChange,
	}
	record.Override, record.OverrideReason = overridesOf(result.decision)
	if result.failure != nil {
		record.Action, record.Reason, record.Message = audit.Error, result.failure.reason, result.failure.err.Error()
		record.Routine = false
	}
	if record.Action != audit.Allow || record.Override != "" {
		identify(&record, request, result.passes())
	}
	return record.Clean()
}

// identify adds which rollout a record is about. A creation that is refused leaves none: the
// name and UID that the API server made up for it would make each try another rollout.
func identify(record *audit.Record, request admission.Request, passes bool) {
	object := request.Object.Raw
	if request.Operation != admissionv1.Create {
		object = request.OldObject.Raw
	}
	cut, err := rollout.Cut(object)
	if err != nil {
		return // the record is of that failure
	}
	metadata := cut.Metadata
	if request.Operation != admissionv1.Create || passes {
		record.RolloutUID = metadata.UID
	} else if metadata.GenerateName != "" {
		record.Name = metadata.GenerateName
	}
}

// passes tells whether the write is admitted.
func (o outcome) passes() bool {
	if o.failure != nil {
		return o.admitted
	}
	return o.decision.Action != policy.Deny
}

func respond(record audit.Record, result outcome) admission.Response {
	subject := record.Kind + " " + qualified(record) + ": "
	var response admission.Response
	switch {
	case result.failure != nil && result.admitted:
		response = allowed("Seawall could not judge " + subject + record.Message + "; admitted because --on-error is Allow")
	case result.failure != nil:
		response = refused(result.failure.code(), metav1.StatusReasonInternalError,
			"Seawall could not judge "+subject+record.Message+" (not a denial: --on-error is Deny)")
	case !result.passes():
		response = refused(http.StatusForbidden, metav1.StatusReasonForbidden, subject+record.Message)
	default:
		response = allowed()
	}
	for _, warning := range result.decision.Warnings {
		response.Warnings = append(response.Warnings, audit.Clean(subject+warning))
	}
	response.AuditAnnotations = record.Annotations()
	return response
}

func qualified(record audit.Record) string {
	if record.Namespace == "" {
		return record.Name
	}
	return record.Namespace + "/" + record.Name
}

func allowed(warnings ...string) admission.Response {
	return admission.Response{AdmissionResponse: admissionv1.AdmissionResponse{
		Allowed:  true,
		Result:   &metav1.Status{Code: http.StatusOK},
		Warnings: warnings,
	}}
}

func refused(code int32, reason metav1.StatusReason, message string) admission.Response {
	return admission.Response{AdmissionResponse: admissionv1.AdmissionResponse{
		Result: &metav1.Status{Status: metav1.StatusFailure, Code: code, Reason: reason, Message: audit.Clean(message)},
	}}
}
