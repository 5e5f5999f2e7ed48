// Package policy says which WavePolicies judge a write and what they conclude.
//
// A verdict and an error are different things: an error is only returned for a policy
// that cannot be understood. The zero Verdict and the zero Decision deny.
package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// defaultMaxOverride is what the schema says too, for policies that it has not filled in.
const defaultMaxOverride = 24 * time.Hour

// highestRate is the cap of rates where a policy sets none, as its documentation says.
const highestRate = risk.One / 1000 * 999

// Policy is a WavePolicy whose fields have been understood.
type Policy struct {
	// Name is that of the WavePolicy.
	Name string

	wave    risk.Limit
	rollout *risk.Limit
	gated   bool

	defaultRate *risk.Probability
	// maxRate caps every rate.
	maxRate risk.Probability
	// ignoreClaims and ignoreDeclared say that annotations of the rollout do not count.
	ignoreClaims, ignoreDeclared bool

	ignoreRemovals bool
	onUnresolved   v1alpha1.UnresolvedAction
	// maxOverride is how long an override may last that the policy accepts; 0 accepts none.
	maxOverride time.Duration
	actions     []v1alpha1.ValidationAction

	kinds      []schema.GroupKind
	excluded   []schema.GroupKind
	operations []rollout.Operation
	namespaces labels.Selector
	objects    labels.Selector
	conditions []condition

	// gate is what the policy says of starts; nil if that is nothing.
	gate *Gate
	// window is what it says of writes that follow each other; nil if that is nothing.
	window *window

	// invalid is why the policy cannot be judged by; it then refuses what it selects.
	invalid error
}

// Compile reads a WavePolicy. When a field cannot be understood it returns an error that
// names every such field, together with a Policy that refuses whatever the fields that
// could be understood select: a broken policy must not let everything pass.
func Compile(source *v1alpha1.WavePolicy) (*Policy, error) {
	spec := source.Spec
	compiled := &Policy{
		Name:           source.Name,
		gated:          spec.Waves == v1alpha1.WavesGated,
		ignoreRemovals: spec.Removals == v1alpha1.RemovalsIgnore,
		onUnresolved:   spec.OnUnresolved,
		ignoreDeclared: spec.DeclaredEnvironments == v1alpha1.ClaimsIgnore,
		maxRate:        highestRate,
		maxOverride:    defaultMaxOverride,
		actions:        spec.ValidationActions,
		operations:     []rollout.Operation{rollout.Create, rollout.Update},
		namespaces:     labels.Everything(),
		objects:        labels.Everything(),
	}
	if len(compiled.actions) == 0 {
		compiled.actions = []v1alpha1.ValidationAction{v1alpha1.ActionDeny}
	}
	if compiled.onUnresolved == "" {
		compiled.onUnresolved = v1alpha1.UnresolvedDeny
	}
	if spec.MaxOverrideDurationSeconds != nil {
		compiled.maxOverride = time.Duration(*spec.MaxOverrideDurationSeconds) * time.Second
	}
	compiled.invalid = errors.Join(compiled.readLimits(spec), compiled.readRates(spec.SuccessRate),
		compiled.readMatch(spec.Match), compiled.readConditions(spec.MatchConditions), compiled.readGate(spec),
		compiled.readWindow(spec.WriteWindow))
	return compiled, compiled.invalid
}

func (p *Policy) readLimits(spec v1alpha1.WavePolicySpec) error {
	tolerated := 0
	if spec.ToleratedFailures != nil {
		tolerated = int(*spec.ToleratedFailures)
	}
	wave, err := parse("spec.maxWaveFailureProbability", spec.MaxWaveFailureProbability)
	if err != nil {
		return err
	}
	p.wave = risk.Limit{Max: wave, Tolerated: tolerated}
	if spec.MaxRolloutFailureProbability == "" {
		return nil
	}
	whole, err := parse("spec.maxRolloutFailureProbability", spec.MaxRolloutFailureProbability)
	if err != nil {
		return err
	}
	p.rollout = &risk.Limit{Max: whole, Tolerated: tolerated}
	return nil
}

func (p *Policy) readRates(rates *v1alpha1.SuccessRate) error {
	if rates == nil {
		return nil
	}
	var errs []error
	read := func(field string, value v1alpha1.Probability) *risk.Probability {
		if value == "" {
			return nil
		}
		rate, err := parse(field, value)
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		return &rate
	}
	p.defaultRate = read("spec.successRate.default", rates.Default)
	if highest := read("spec.successRate.max", rates.Max); highest != nil {
		p.maxRate = *highest
	}
	p.ignoreClaims = rates.Claims == v1alpha1.ClaimsIgnore
	return errors.Join(errs...)
}

// Cautions are what its author should know of a policy that is as they may not have meant it.
func (p *Policy) Cautions(ctx context.Context) []string {
	said := p.exempted(ctx)
	if p.gate != nil {
		said = append(said, p.gate.cautions()...)
	}
	if p.defaultRate == nil || *p.defaultRate <= p.maxRate {
		return said
	}
	return append(said, fmt.Sprintf("spec.successRate.default %s is judged at %s: that is the cap while spec.successRate.max is not set. "+
		"Set it to at least the default if that is meant", p.defaultRate, p.maxRate))
}

func (p *Policy) readMatch(match *v1alpha1.WavePolicyMatch) error {
	if match == nil {
		return nil
	}
	p.kinds, p.excluded = readKinds(match.Kinds), readKinds(match.ExcludeKinds)
	if len(match.Operations) > 0 {
		p.operations = nil
	}
	for _, operation := range match.Operations {
		p.operations = append(p.operations, rollout.Operation(operation))
	}
	return errors.Join(
		readSelector("spec.match.namespaceSelector", match.NamespaceSelector, &p.namespaces),
		readSelector("spec.match.objectSelector", match.ObjectSelector, &p.objects),
	)
}

func readKinds(references []v1alpha1.KindReference) []schema.GroupKind {
	kinds := make([]schema.GroupKind, 0, len(references))
	for _, kind := range references {
		kinds = append(kinds, schema.GroupKind{Group: kind.Group, Kind: kind.Kind})
	}
	return kinds
}

func readSelector(field string, source *metav1.LabelSelector, into *labels.Selector) error {
	if source == nil {
		return nil
	}
	selector, err := metav1.LabelSelectorAsSelector(source)
	if err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	*into = selector
	return nil
}

func parse(field string, value v1alpha1.Probability) (risk.Probability, error) {
	probability, err := risk.ParseProbability(string(value))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", field, err)
	}
	return probability, nil
}

// MaxOverrideDuration is how long an override may last that the policy accepts, from its
// creation to its end; 0 when the policy accepts none.
func (p *Policy) MaxOverrideDuration() time.Duration { return p.maxOverride }

// UnknownKinds returns the kinds that the policy names and that are not in known. Of some starts are
// judged, if it has a gate.
func (p *Policy) UnknownKinds(known []schema.GroupKind) []schema.GroupKind {
	var unknown []schema.GroupKind
	for _, kind := range slices.Concat(p.kinds, p.excluded) {
		if !slices.Contains(known, kind) && (p.gate == nil || !Startable(kind)) {
			unknown = append(unknown, kind)
		}
	}
	return unknown
}
