package admission

import (
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// actionError is the action of a record that tells of a failure of Seawall's own.
const actionError = "Error"

func recordOf(request admission.Request, result outcome) audit.Record {
	verdict := result.decision.Verdict
	record := audit.Record{
		UID:              string(request.UID),
		Action:           result.decision.Action.String(),
		Reason:           string(verdict.Reason),
		Group:            request.Kind.Group,
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
		record.Action, record.Reason, record.Message = actionError, result.failure.reason, result.failure.err.Error()
		record.Routine = false
	}
	return record
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
	case result.decision.Action == policy.Deny:
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
