package admission

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// KnownKinds answers which kinds of rollout there are.
type KnownKinds interface {
	// Knows tells whether Seawall judges a kind.
	Knows(kind schema.GroupKind) bool
	// Lookup returns a kind that is known.
	Lookup(kind schema.GroupKind) rollout.Kind
}

// OverrideChecker finds the overrides that nothing would ever accept, when they are created.
// What is left out here is found when a rollout is judged.
type OverrideChecker struct {
	Kinds KnownKinds
	// Judging returns the policies that judge rollouts of a kind.
	Judging func(schema.GroupKind) []*policy.Policy
	// Home is the namespace of overrides for rollouts that are cluster-scoped.
	Home string
	// Creators remembers who creates.
	Creators Creators
}

// Creators remembers who creates overrides.
type Creators interface {
	// Created never waits. The override is not stored yet, and may never be.
	Created(name types.NamespacedName, uid types.UID, user string)
}

// Check implements Check.
func (c OverrideChecker) Check(_ context.Context, request admission.Request) (field.ErrorList, []string, error) {
	if request.Operation != admissionv1.Create {
		return nil, nil, nil // the spec cannot be changed
	}
	var source v1alpha1.WaveOverride
	if err := json.Unmarshal(request.Object.Raw, &source); err != nil {
		return nil, nil, err
	}
	source.Namespace = request.Namespace
	now := time.Now()
	if source.CreationTimestamp.IsZero() {
		source.CreationTimestamp = metav1.NewTime(now)
	}
	override, err := policy.CompileOverride(&source)
	if err != nil {
		return nil, nil, err
	}
	expiresAt := field.NewPath("spec", "expiresAt")
	if source.Spec.DurationSeconds > 0 {
		expiresAt = field.NewPath("spec", "durationSeconds")
	}
	if override.Ended(now) {
		return field.ErrorList{field.Invalid(expiresAt, rfc3339(override.Expires),
			"must be later than now, "+rfc3339(now))}, nil, nil
	}
	problems, warnings := c.checkPlace(override)
	more, told := c.checkDuration(override, expiresAt)
	problems = append(problems, more...)
	if len(problems) == 0 && !isDryRun(request) && source.UID != "" {
		c.Creators.Created(override.NamespacedName, source.UID, audit.CleanUser(request.UserInfo.Username))
	}
	return problems, append(warnings, told...), nil
}

// checkPlace says what is wrong with the kind of the rollout, or with the namespace for that.
func (c OverrideChecker) checkPlace(override *policy.Override) (field.ErrorList, []string) {
	kind := override.Rollout.GroupKind
	if policy.Startable(kind) {
		return nil, nil
	}
	if !c.Kinds.Knows(kind) {
		return nil, []string{fmt.Sprintf("spec.rollout: no %s is judged: this override is without effect "+
			"unless a RolloutKind describes them", kind)}
	}
	namespaced := c.Kinds.Lookup(kind).Namespaced
	if !namespaced && override.Namespace != c.Home {
		return field.ErrorList{field.Invalid(field.NewPath("metadata", "namespace"), override.Namespace,
			fmt.Sprintf("must be %s: %s is cluster-scoped, and so its overrides are in the namespace of Seawall", c.Home, kind))}, nil
	}
	if namespaced && override.Namespace == c.Home {
		return nil, []string{fmt.Sprintf("metadata.namespace: rollouts in namespace %s are never judged: "+
			"an override has to be in the namespace of its rollout", c.Home)}
	}
	return nil, nil
}

// checkDuration refuses an override that lasts too long for every policy that judges its kind
// of rollout, and warns of those for which it does when there are others.
func (c OverrideChecker) checkDuration(override *policy.Override, path *field.Path) (field.ErrorList, []string) {
	kind := override.Rollout.GroupKind
	judging := c.Judging(kind)
	if len(judging) == 0 {
		return nil, []string{fmt.Sprintf("spec.rollout: no WavePolicy judges any %s: this override is without effect until one does", kind)}
	}
	var declining []string
	var longest time.Duration
	for _, p := range judging {
		longest = max(longest, p.MaxOverrideDuration())
		if override.Lasts() > p.MaxOverrideDuration() {
			declining = append(declining, accepts(p))
		}
	}
	lasts := fmt.Sprintf("%.0f seconds after its creation", override.Lasts().Seconds())
	switch {
	case len(declining) == 0:
		return nil, nil
	case len(declining) < len(judging):
		return nil, []string{fmt.Sprintf("%s is %s, which not every policy accepts: %s", path, lasts, strings.Join(declining, ", "))}
	case longest == 0:
		return field.ErrorList{field.Forbidden(path, "no policy that judges "+kind.String()+" accepts an override")}, nil
	}
	return field.ErrorList{field.Invalid(path, rfc3339(override.Expires), fmt.Sprintf(
		"is %s, more than any policy accepts: must be no later than %s (%s)",
		lasts, rfc3339(override.Created.Add(longest)), strings.Join(declining, ", ")))}, nil
}

func accepts(p *policy.Policy) string {
	if p.MaxOverrideDuration() == 0 {
		return fmt.Sprintf("policy %q accepts none", p.Name)
	}
	return fmt.Sprintf("policy %q accepts at most %.0f", p.Name, p.MaxOverrideDuration().Seconds())
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }
