package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// defaultHealthTimeout is what the schema says too.
const defaultHealthTimeout = 15 * time.Minute

// Gate is what a policy says of starts.
type Gate struct {
	// By is what environments are grouped by.
	By []gate.Trait
	// Ungrouped says what becomes of those that lack something of that.
	Ungrouped v1alpha1.UngroupedReading
	// SettledWhenOperation says that a start is done when its operation is.
	SettledWhenOperation bool
	// HealthTimeout is how long an environment may take to become healthy.
	HealthTimeout time.Duration
	// Order is the sequence in which environments come; nil for any.
	Order *gate.Order

	policy      *Policy
	source      v1alpha1.WavePolicySpec
	goOn        bool
	count, pass []gate.Class
}

// StartSubject is what the match of a policy looks at of a start.
type StartSubject struct {
	// Kind is that of what the labels are of.
	Kind schema.GroupKind
	// NamespaceLabels are those of the namespace that they are in.
	NamespaceLabels labels.Labels
	// Labels are those of the rollout that owns the environment; of the environment, if none does.
	Labels labels.Labels
}

// Gate returns what the policy says of starts; nil if that is nothing.
func (p *Policy) Gate() *Gate { return p.gate }

// readGate reads what the policy says of starts.
func (p *Policy) readGate(spec v1alpha1.WavePolicySpec) error {
	source := spec.SyncGate
	if source == nil {
		return nil
	}
	p.gate = &Gate{
		Ungrouped:            cmp.Or(source.Ungrouped, v1alpha1.UngroupedSingle),
		SettledWhenOperation: source.SettledWhen == v1alpha1.SettledOperation,
		HealthTimeout:        cmp.Or(time.Duration(source.HealthTimeoutSeconds)*time.Second, defaultHealthTimeout),
		policy:               p,
		source:               spec,
		goOn:                 source.OnFailure == v1alpha1.FailureContinue,
	}
	if source.SelfHeal != v1alpha1.RepairsJudge {
		p.gate.pass = append(p.gate.pass, gate.Repair)
	}
	if source.RollingSync != v1alpha1.PacedJudge {
		p.gate.count = append(p.gate.count, gate.Paced)
	}
	if source.Rollbacks != v1alpha1.RollbacksJudge {
		p.gate.count = append(p.gate.count, gate.Rollback)
	}
	var conditions error
	if len(spec.MatchConditions) > 0 {
		conditions = errors.New("spec.matchConditions: there must be none beside spec.syncGate: " +
			"they look at a write of a rollout, which the start of a sync is not")
	}
	return errors.Join(conditions, p.gate.readGroups(source.GroupBy), p.gate.readOrder(source.Order))
}

func (g *Gate) readGroups(source []v1alpha1.Trait) error {
	if len(source) == 0 {
		g.By = []gate.Trait{gate.Owner()}
	}
	errs := make([]error, 0, len(source))
	for i, one := range source {
		trait, err := readTrait(fmt.Sprintf("spec.syncGate.groupBy[%d]", i), one)
		g.By, errs = append(g.By, trait), append(errs, err)
	}
	return errors.Join(errs...)
}

func (g *Gate) readOrder(source v1alpha1.SyncOrder) error {
	if source.Source == "" {
		return nil
	}
	trait, err := readTrait("spec.syncGate.order", v1alpha1.Trait{Source: source.Source, Key: source.Key})
	g.Order = &gate.Order{By: trait, Values: source.Values, UnlistedFirst: source.Unlisted == v1alpha1.UnlistedFirst}
	return err
}

func readTrait(field string, source v1alpha1.Trait) (gate.Trait, error) {
	switch source.Source {
	case v1alpha1.TraitOwner:
		return gate.Owner(), nil
	case v1alpha1.TraitProject:
		return gate.Project(), nil
	case v1alpha1.TraitRepository:
		return gate.Source(), nil
	case v1alpha1.TraitApplicationLabel:
		return gate.Label(source.Key), nil
	case v1alpha1.TraitClusterLabel:
		return gate.ClusterLabel(source.Key), nil
	}
	// No environment has it, so that all are one group until the policy is mended.
	return gate.Label(""), fmt.Errorf("%s.source: %q is not known", field, source.Source)
}

// Rule returns by what starts are judged.
func (g *Gate) Rule() gate.Rule {
	return gate.Rule{
		Limit:   g.policy.wave,
		Ordered: g.Order != nil,
		GoOn:    g.goOn,
		Count:   g.count,
		Pass:    g.pass,
		Holds:   g.Holds(),
	}
}

// Holds tells whether what should wait does.
func (g *Gate) Holds() bool { return slices.Contains(g.policy.actions, v1alpha1.ActionDeny) }

// Overriding returns by what a start is judged while an override is in force: by the probability that this
// permits, whatever has failed and whoever comes first. It returns false for one that has ended, or that the
// policy does not accept, and for one that is for a single write.
func (g *Gate) Overriding(o *Override, at time.Time) (gate.Rule, bool) {
	if o.Once || o.Ended(at) || g.policy.declines(o, Use{At: at}) != "" {
		return gate.Rule{}, false
	}
	rule := g.Rule()
	rule.Limit.Max = max(rule.Limit.Max, o.Permits)
	rule.GoOn, rule.Ordered = true, false
	return rule, true
}

// Warns tells whether the user is to be told of a start that should have waited.
func (g *Gate) Warns() bool { return slices.Contains(g.policy.actions, v1alpha1.ActionWarn) }

// Selects tells whether the policy gates a start.
func (g *Gate) Selects(start StartSubject) bool {
	where := Subject{Namespaced: true, NamespaceLabels: start.NamespaceLabels}
	return g.policy.judgesKind(start.Kind) && g.policy.selectsNamespace(where) && g.policy.objects.Matches(start.Labels)
}

// SelectsNamespaces tells whether the labels of namespaces have a say in what the policy gates.
func (g *Gate) SelectsNamespaces() bool { return g.policy.SelectsNamespaces() }

// Startable tells whether policies and overrides may name a kind though no rollout is of it: its objects are
// environments, whose starts are judged.
func Startable(kind schema.GroupKind) bool {
	return kind == schema.GroupKind{Group: "argoproj.io", Kind: "Application"} || kind == kustomizations() ||
		kind == schema.GroupKind{Group: "helm.toolkit.fluxcd.io", Kind: "HelmRelease"}
}

func kustomizations() schema.GroupKind {
	return schema.GroupKind{Group: "kustomize.toolkit.fluxcd.io", Kind: "Kustomization"}
}

// StartRate returns the chance that a start succeeds. It takes what the cluster, the Application and
// what owns that are annotated with, each empty where it is not. Refusal tells what an error means.
func (g *Gate) StartRate(cluster, application, owner string) (risk.Probability, error) {
	if g.policy.invalid != nil {
		return 0, g.policy.invalid
	}
	var claim rollout.Metadata
	if claimed := cmp.Or(application, owner); claimed != "" {
		claim.Annotations = map[string]string{v1alpha1.SyncSuccessRateAnnotation: claimed}
	}
	rate, _, err := g.policy.ratesOf(claim).of(rollout.Target{SuccessRate: cluster, Source: "cluster"})
	if cluster == "" && application == "" && rollout.IsFinding(err) {
		return 0, fmt.Errorf("the ApplicationSet that owns it: %w", err)
	}
	return rate, err
}

// Refusal says why a start without a rate is held.
func (g *Gate) Refusal(err error) Verdict {
	verdict := Verdict{Policy: g.policy.Name, actions: g.policy.actions}
	if g.policy.invalid != nil {
		return g.policy.refuseAll(verdict)
	}
	return g.policy.judgeRateError(verdict, err)
}
