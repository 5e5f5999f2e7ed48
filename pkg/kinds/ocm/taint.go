package ocm

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	noSelectIfNew  = "NoSelectIfNew"
	preferNoSelect = "PreferNoSelect"
	exists         = "Exists"
)

// tolerations are those of a placement (OCM's plugins/tainttoleration).
type tolerations []corev1.Toleration

// check refuses what OCM calls misconfigured.
func (t tolerations) check() error {
	for _, toleration := range t {
		if toleration.Key == "" && toleration.Operator != exists {
			return rollout.Unresolved("spec.tolerations", "has an entry without key and with operator %s: want Exists",
				rollout.Quote(string(toleration.Operator)))
		}
		if toleration.Operator == exists && toleration.Value != "" {
			return rollout.Unresolved("spec.tolerations", "has an entry with operator Exists and value %s: want no value",
				rollout.Quote(toleration.Value))
		}
	}
	return nil
}

// tolerate tells whether a cluster may be selected; chosen says that it is already.
func (t tolerations) tolerate(taints []corev1.Taint, chosen bool, now time.Time) bool {
	return !slices.ContainsFunc(taints, func(taint corev1.Taint) bool {
		return taint.Effect != preferNoSelect && (taint.Effect != noSelectIfNew || !chosen) &&
			!rollout.Tolerated([]corev1.Taint{taint}, t.since(taint, now))
	})
}

// since returns the tolerations that hold for a taint that is as old as this one.
func (t tolerations) since(taint corev1.Taint, now time.Time) tolerations {
	var added time.Time
	if taint.TimeAdded != nil {
		added = taint.TimeAdded.Time
	}
	return slices.DeleteFunc(slices.Clone(t), func(toleration corev1.Toleration) bool {
		seconds := toleration.TolerationSeconds
		return seconds != nil && !now.Before(added.Add(time.Duration(*seconds)*time.Second))
	})
}
