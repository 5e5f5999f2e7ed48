package admission

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// longestUser is the greatest length of WaveOverride's status.lastUsedBy, in characters.
const longestUser = 256

// Overrides answers which overrides there are.
type Overrides interface {
	// For returns those of a rollout.
	For(rollout policy.Reference) []*policy.Override
}

// Uses keeps count of the uses of overrides.
type Uses interface {
	// Claim takes the one use of an override that is for one, before the write is admitted.
	// When another write has taken it, it returns false and the override as it is now, nil
	// when there is none any more.
	Claim(ctx context.Context, override *policy.Override, use policy.Use) (claimed bool, now *policy.Override, err error)
	// Count counts the use of any other override. It never waits.
	Count(override *policy.Override, use policy.Use)
}

// conclude asks the policies, and uses the overrides without which they would deny.
func (h *Handler) conclude(
	ctx context.Context, request admission.Request, candidates []*policy.Policy, subject policy.Subject, found policy.Case,
) (policy.Decision, error) {
	found.Overrides = h.Overrides.For(policy.Reference{
		GroupKind: subject.Kind, Namespace: request.Namespace, Name: nameOf(request),
	})
	found.Use.At = time.Now()
	if len(found.Overrides) > 0 {
		found.Use.By, found.Use.Write = userOf(request), digest(request)
	}
	for {
		decision := policy.Conclude(candidates, subject, found)
		if isDryRun(request) {
			return decision, nil
		}
		used, err := h.use(ctx, decision.Overrides, &found)
		if used || err != nil {
			return decision, err
		}
	}
}

// use uses overrides. It returns false when one of them is used up or gone, and then puts it
// in found as it is now, for another conclusion.
func (h *Handler) use(ctx context.Context, overrides []*policy.Override, found *policy.Case) (bool, error) {
	for _, override := range overrides {
		if !override.Once {
			continue
		}
		claimed, now, err := h.Uses.Claim(ctx, override, found.Use)
		if err != nil {
			return false, fmt.Errorf("using WaveOverride %s: %w", override, err)
		}
		if !claimed {
			found.Overrides = replace(found.Overrides, override, now)
			return false, nil
		}
	}
	for _, override := range overrides {
		if !override.Once {
			h.Uses.Count(override, found.Use)
		}
	}
	return true, nil
}

func replace(overrides []*policy.Override, stale, now *policy.Override) []*policy.Override {
	var latest []*policy.Override
	for _, override := range overrides {
		switch {
		case override != stale:
			latest = append(latest, override)
		case now != nil:
			latest = append(latest, now)
		}
	}
	return latest
}

// digest identifies a write: by who writes, what is stored, and what is to be stored but for
// what the API server itself fills in. It is empty when the object cannot be read.
func digest(request admission.Request) string {
	type metadata struct {
		UID         string            `json:"uid,omitempty"`
		Generation  int64             `json:"generation,omitempty"`
		Labels      map[string]string `json:"labels,omitempty"`
		Annotations map[string]string `json:"annotations,omitempty"`
	}
	var old, object struct {
		Metadata metadata `json:"metadata"`
	}
	var content map[string]json.RawMessage
	if request.Operation != admissionv1.Create && json.Unmarshal(request.OldObject.Raw, &old) != nil {
		return ""
	}
	if request.Operation != admissionv1.Delete &&
		(json.Unmarshal(request.Object.Raw, &object) != nil || json.Unmarshal(request.Object.Raw, &content) != nil) {
		return ""
	}
	delete(content, "metadata")
	delete(content, "status")
	identity, err := json.Marshal([]any{
		request.UserInfo.Username, request.Operation, old.Metadata.UID, old.Metadata.Generation,
		object.Metadata.Labels, object.Metadata.Annotations, content,
	})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(identity)
	return hex.EncodeToString(sum[:])
}

func userOf(request admission.Request) string {
	user := []rune(audit.Clean(request.UserInfo.Username))
	return string(user[:min(len(user), longestUser)])
}

func isDryRun(request admission.Request) bool { return request.DryRun != nil && *request.DryRun }

// overridesOf returns the names of the overrides that were used, and their reasons.
func overridesOf(decision policy.Decision) (names, reasons string) {
	for i, override := range decision.Overrides {
		if i > 0 {
			names, reasons = names+", ", reasons+"; "
		}
		names, reasons = names+override.String(), reasons+override.Reason
	}
	return names, reasons
}
