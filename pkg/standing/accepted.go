package standing

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
)

// Acceptance is what Seawall says of one of its own objects.
type Acceptance struct {
	Accepted bool   `json:"accepted"`
	Reason   string `json:"reason,omitempty"`
	Message  string `json:"message,omitempty"`
}

// Policy is a WavePolicy.
type Policy struct {
	Acceptance

	Name    string   `json:"name"`
	Limit   string   `json:"limit,omitempty"`
	Actions []string `json:"validationActions,omitempty"`
	// Matched and OverLimit are what the re-count found; nil where it has not seen all.
	Matched   *int32 `json:"matched,omitempty"`
	OverLimit *int32 `json:"overLimit,omitempty"`
}

// Kind is a RolloutKind.
type Kind struct {
	Acceptance

	Name string `json:"name"`
	Kind string `json:"kind"`
}

// policies checks whether all of them are accepted.
func (a Asker) policies(ctx context.Context, report *Report) Check {
	const name = "policies"
	var list v1alpha1.WavePolicyList
	if err := a.Client.List(ctx, &list); err != nil {
		return lacking(name, "wavepolicies.seawall.dev", err)
	}
	report.Policies = make([]Policy, len(list.Items))
	var not []string
	for i := range list.Items {
		source := &list.Items[i]
		policy := Policy{
			Name: source.Name, Acceptance: acceptance(source.Status.Conditions, source.Generation),
			Limit: string(source.Spec.MaxWaveFailureProbability),
		}
		for _, action := range source.Spec.ValidationActions {
			policy.Actions = append(policy.Actions, string(action))
		}
		if rollouts := source.Status.Rollouts; rollouts != nil {
			policy.Matched, policy.OverLimit = rollouts.Matched, rollouts.OverLimit
		}
		if !policy.Accepted {
			not = append(not, source.Name)
		}
		report.Policies[i] = policy
	}
	if len(list.Items) == 0 {
		return Check{name, OK, "none: every rollout is admitted"}
	}
	return counted(name, len(list.Items), not)
}

// kinds checks whether all RolloutKinds are accepted.
func (a Asker) kinds(ctx context.Context, report *Report) Check {
	const name = "kinds"
	var list v1alpha1.RolloutKindList
	if err := a.Client.List(ctx, &list); err != nil {
		return lacking(name, "rolloutkinds.seawall.dev", err)
	}
	report.Kinds = make([]Kind, len(list.Items))
	var not []string
	for i := range list.Items {
		source := &list.Items[i]
		kind := Kind{
			Name: source.Name, Kind: source.Spec.Kind + "." + source.Spec.Group,
			Acceptance: acceptance(source.Status.Conditions, source.Generation),
		}
		if !kind.Accepted {
			not = append(not, source.Name)
		}
		report.Kinds[i] = kind
	}
	if len(list.Items) == 0 {
		return Check{name, OK, "no RolloutKind; those that Seawall reads itself are judged"}
	}
	return counted(name, len(list.Items), not)
}

// counted says how many are accepted, and which are not.
func counted(name string, all int, not []string) Check {
	if len(not) == 0 {
		return Check{name, OK, fmt.Sprintf("%d of %d accepted", all, all)}
	}
	return Check{name, Failed, fmt.Sprintf("%d of %d accepted, not %s", all-len(not), all, strings.Join(not, ", "))}
}

// acceptance returns the condition Accepted, if it is about the object as it is.
func acceptance(conditions []metav1.Condition, generation int64) Acceptance {
	condition := meta.FindStatusCondition(conditions, v1alpha1.ConditionAccepted)
	switch {
	case condition == nil:
		return Acceptance{Reason: "NotSeen", Message: "Seawall has not said anything about it"}
	case condition.ObservedGeneration != generation:
		return Acceptance{Reason: "NotSeen", Message: "Seawall has not said anything about its last change"}
	}
	return Acceptance{
		Accepted: condition.Status == metav1.ConditionTrue, Reason: condition.Reason, Message: audit.Clean(condition.Message),
	}
}

func lacking(name, resource string, err error) Check {
	if meta.IsNoMatchError(err) {
		return Check{name, Failed, "the API server does not serve " + resource + ": Seawall is not installed there"}
	}
	return unseen(name, "the verb list on "+resource, err)
}
