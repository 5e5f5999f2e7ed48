package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

var errNoRate = errors.New("no sync success rate")

// origins say where rates stand, several at once.
type origins uint8

const (
	fromDefault origins = 1 << iota
	fromAnnotation
	fromInventory
	capped
)

// String names the fields to look at.
func (o origins) String() string {
	var named []string
	for _, one := range []struct {
		origin origins
		name   string
	}{
		{fromDefault, "the policy's successRate.default"},
		{fromAnnotation, "annotation " + v1alpha1.SyncSuccessRateAnnotation},
		{fromInventory, "annotated on the inventory"},
		{capped, "capped by the policy's successRate.max"},
	} {
		if o&one.origin != 0 {
			named = append(named, one.name)
		}
	}
	return strings.Join(named, ", ")
}

// rates finds the sync success rate of environments under one policy.
type rates struct {
	policy     *Policy
	annotation *string
	// parsed remembers annotations of inventory objects: thousands share a few values.
	parsed map[string]risk.Probability
	// claimed is the highest rate that was judged at the policy's cap.
	claimed risk.Probability
}

func (p *Policy) ratesOf(metadata rollout.Metadata) *rates {
	found := &rates{policy: p, parsed: map[string]risk.Probability{}}
	if value, ok := metadata.Annotations[v1alpha1.SyncSuccessRateAnnotation]; ok && !p.ignoreClaims {
		found.annotation = &value
	}
	return found
}

// each finds the success rate of every environment of a step.
func (r *rates) each(step rollout.Step, note func(rate risk.Probability, origin origins, count int)) error {
	if nameless := step.Declared + step.Gone; nameless > 0 {
		rate, origin, err := r.ofRollout()
		if err != nil {
			return err
		}
		note(rate, origin, nameless)
	}
	for group := range step.Grouped() {
		rate, origin, err := r.of(group.Target)
		if err != nil {
			return err
		}
		note(rate, origin, group.Count)
	}
	return nil
}

func (r *rates) of(target rollout.Target) (risk.Probability, origins, error) {
	if target.SuccessRate == "" {
		return r.ofRollout()
	}
	return r.parse(target.SuccessRate, target.Source, fromInventory)
}

func (r *rates) ofRollout() (risk.Probability, origins, error) {
	switch {
	case r.annotation != nil:
		return r.parse(*r.annotation, "", fromAnnotation)
	case r.policy.defaultRate == nil:
		return 0, 0, errNoRate
	case *r.policy.defaultRate > r.policy.maxRate:
		return r.policy.maxRate, fromDefault | capped, nil
	}
	return *r.policy.defaultRate, fromDefault, nil
}

func (r *rates) parse(value, source string, origin origins) (risk.Probability, origins, error) {
	rate, known := r.parsed[value]
	if !known {
		var err error
		if rate, err = parseRate(value, source); err != nil {
			return 0, 0, err
		}
		r.parsed[value] = rate
	}
	if rate > r.policy.maxRate {
		r.claimed = max(r.claimed, rate)
		return r.policy.maxRate, origin | capped, nil
	}
	return rate, origin, nil
}

// parseRate reads the annotation of an object of the inventory, or of the rollout if that is not named.
func parseRate(value, source string) (risk.Probability, error) {
	rate, err := risk.ParseRate(value)
	if err != nil {
		return 0, &rollout.AnnotationError{
			Object: source,
			Key:    v1alpha1.SyncSuccessRateAnnotation,
			Value:  value,
			Want:   `a decimal from 0 to 1 such as "0.995", or a percentage such as "99.5%"`,
		}
	}
	return rate, nil
}

// malformed returns what is wrong with the annotations that a write brings in, whether or not it
// changes an environment: later nobody would see who wrote them.
func malformed(metadata rollout.Metadata, stored map[string]string) error {
	value, set := metadata.Annotations[v1alpha1.SyncSuccessRateAnnotation]
	if set && value != stored[v1alpha1.SyncSuccessRateAnnotation] {
		if _, err := parseRate(value, ""); err != nil {
			return err
		}
	}
	declared, set := metadata.Annotations[v1alpha1.EnvironmentsAnnotation]
	if set && declared != stored[v1alpha1.EnvironmentsAnnotation] {
		_, _, err := metadata.Declared()
		return err
	}
	return nil
}

func (r *rates) warnings(metadata rollout.Metadata) []string {
	var said []string
	if r.claimed > 0 {
		said = append(said, fmt.Sprintf("sync success rate %s is above the highest that policy %q believes: judged at %s",
			r.claimed, r.policy.Name, r.policy.maxRate))
	}
	if _, claims := metadata.Annotations[v1alpha1.SyncSuccessRateAnnotation]; claims && r.policy.ignoreClaims {
		said = append(said, fmt.Sprintf("annotation %s is not considered by policy %q (successRate.claims: Ignore)",
			v1alpha1.SyncSuccessRateAnnotation, r.policy.Name))
	}
	return said
}
