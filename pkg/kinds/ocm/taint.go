package ocm

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	noSelectIfNew  = "NoSelectIfNew"
	preferNoSelect = "PreferNoSelect"
	exists         = "Exists"
)

type taint struct {
	Key       string      `json:"key"`
	Value     string      `json:"value"`
	Effect    string      `json:"effect"`
	TimeAdded metav1.Time `json:"timeAdded"`
}

type toleration struct {
	Key               string `json:"key"`
	Operator          string `json:"operator"`
	Value             string `json:"value"`
	Effect            string `json:"effect"`
	TolerationSeconds *int64 `json:"tolerationSeconds"`
}

// tolerations are those of a placement (OCM's plugins/tainttoleration).
type tolerations []toleration

// check refuses what OCM calls misconfigured.
func (t tolerations) check() error {
	for _, toleration := range t {
		if toleration.Key == "" && toleration.Operator != exists {
			return rollout.Unresolved("spec.tolerations", "has an entry without key and with operator %s: want Exists",
				rollout.Quote(toleration.Operator))
		}
		if toleration.Operator == exists && toleration.Value != "" {
			return rollout.Unresolved("spec.tolerations", "has an entry with operator Exists and value %s: want no value",
				rollout.Quote(toleration.Value))
		}
	}
	return nil
}

// tolerate tells whether a cluster may be selected; chosen says that it is already.
func (t tolerations) tolerate(taints []taint, chosen bool, now time.Time) bool {
	for _, taint := range taints {
		if taint.Effect == preferNoSelect || taint.Effect == noSelectIfNew && chosen {
			continue
		}
		if !t.tolerateOne(taint, now) {
			return false
		}
	}
	return true
}

func (t tolerations) tolerateOne(taint taint, now time.Time) bool {
	for _, toleration := range t {
		if toleration.covers(taint) && !toleration.over(taint, now) {
			return true
		}
	}
	return false
}

func (t toleration) covers(taint taint) bool {
	return (t.Effect == "" || t.Effect == taint.Effect) && (t.Key == "" || t.Key == taint.Key) &&
		(t.Operator == exists || (t.Operator == "" || t.Operator == "Equal") && t.Value == taint.Value)
}

func (t toleration) over(taint taint, now time.Time) bool {
	return t.TolerationSeconds != nil && !now.Before(taint.TimeAdded.Add(time.Duration(*t.TolerationSeconds)*time.Second))
}
