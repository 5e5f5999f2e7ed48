package admission

import (
	"net/http"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// recordOf returns the record of a request, clean.
func recordOf(request admission.Request, result outcome) audit.Record {
	record := result.Record()
	result.told(&record)
	record.UID, record.Time = string(request.UID), time.Now()
	record.Group, record.Version, record.Kind = request.Kind.Group, request.Kind.Version, request.Kind.Kind
	record.Namespace, record.Name = request.Namespace, request.Name
	record.Operation, record.User, record.DryRun = string(request.Operation), request.UserInfo.Username, isDryRun(request)
	if result.failure != nil {
		record.Action, record.Reason, record.Message = audit.Error, result.failure.reason, result.failure.err.Error()
		record.Routine = false
	}
	if result.write != nil {
		identify(&record, *result.write, result.passes())
	}
	return record.Clean()
}

// identify adds which rollout a record is about. A creation that is refused leaves none: the
// name and UID that the API server made up for it would make each try another rollout.
func identify(record *audit.Record, write evaluate.Write, passes bool) {
	metadata := write.Metadata()
	record.Name = write.Name
	switch {
	case record.Action == audit.Allow && record.Override == "":
	case write.Operation != rollout.Create || passes:
		record.RolloutUID = write.OldMetadata().UID
		if write.Operation == rollout.Create {
			record.RolloutUID = metadata.UID
		}
	case metadata.GenerateName != "":
		record.Name = metadata.GenerateName
	}
}

func (h *Handler) respond(record audit.Record, result outcome) admission.Response {
	subject := record.Kind + " " + qualified(record) + ": "
	var response admission.Response
	switch {
	case result.failure != nil && result.admitted:
		response = allowed("Seawall could not judge " + subject + record.Message + "; admitted because --on-error is Allow")
	case result.failure != nil && result.failure.reason == failureAccount:
		response = refused(result.failure.code(), metav1.StatusReasonServiceUnavailable,
			"Seawall could not judge "+subject+record.Message+" (not a denial: try again)")
	case result.failure != nil:
		response = refused(result.failure.code(), metav1.StatusReasonInternalError,
			"Seawall could not judge "+subject+record.Message+" (not a denial: --on-error is Deny)")
	case !result.passes():
		response = refused(http.StatusForbidden, metav1.StatusReasonForbidden, strings.TrimSpace(subject+result.because(record)+" "+h.Help))
	default:
		response = allowed()
	}
	for _, warning := range slices.Concat(result.Decision.Warnings, result.warnings()) {
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
