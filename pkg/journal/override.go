package journal

import (
	"strings"
	"time"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
)

// Override is a WaveOverride, as far as it explains a decision.
type Override struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`
	Rollout   string    `json:"rollout"`
	Permits   string    `json:"permits"`
	Reason    string    `json:"reason"`
	CreatedBy string    `json:"createdBy,omitempty"`
	Created   time.Time `json:"created"`
	Ends      time.Time `json:"ends,omitzero"`
	TimesUsed int64     `json:"timesUsed"`
}

func overrideOf(object *v1alpha1.WaveOverride) Override {
	o := Override{
		Namespace: object.Namespace, Name: object.Name, Kind: object.Spec.Rollout.Kind, Rollout: object.Spec.Rollout.Name,
		Permits: string(object.Spec.MaxFailureProbability), Reason: audit.Clean(object.Spec.Reason),
		CreatedBy: audit.Clean(object.Status.CreatedBy), Created: object.CreationTimestamp.UTC(), Ends: object.End(),
	}
	if object.Status.TimesUsed != nil {
		o.TimesUsed = *object.Status.TimesUsed
	}
	return o
}

// explain notes who approved what was overridden, and keeps the overrides that were used. One that was
// created after a decision is another of the same name.
func (j *Journal) explain(existing []v1alpha1.WaveOverride) {
	byName := map[string]*v1alpha1.WaveOverride{}
	for i := range existing {
		byName[existing[i].Namespace+"/"+existing[i].Name] = &existing[i]
	}
	kept := map[string]bool{}
	for i := range j.Decisions {
		d := &j.Decisions[i]
		var approvers []string
		for name := range strings.SplitSeq(d.Override, ", ") {
			object := byName[name]
			if object == nil || object.CreationTimestamp.After(d.Time) {
				continue
			}
			if !kept[name] {
				kept[name] = true
				j.Overrides = append(j.Overrides, overrideOf(object))
			}
			if by := audit.Clean(object.Status.CreatedBy); by != "" {
				approvers = append(approvers, by)
			}
		}
		d.ApprovedBy = strings.Join(approvers, ", ")
	}
}
