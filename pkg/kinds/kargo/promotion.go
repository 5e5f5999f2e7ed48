// Package kargo reads the rollouts of Kargo: Promotion.
package kargo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	shardLabel = "kargo.akuity.io/shard"
	updateStep = "argocd-update"

	stageRemedy = "divide the Stage into Stages of at most " + rollout.PerWave + " environments each"
	stepRemedy  = "divide %s in the Stage's promotionTemplate into argocd-update steps of at most " +
		rollout.PerWave + " Applications each"
)

// Inventory is what a Promotion acts on.
type Inventory struct {
	applications *argocd.Applications
	stages       *inventory.Collection[stageFields]
	// namespace is where Argo CD runs.
	namespace string
}

type stageFields struct {
	Metadata struct {
		Labels struct {
			// Shard is what Kargo's own webhook makes of spec.shard.
			Shard string `json:"kargo.akuity.io/shard"`
		} `json:"labels"`
		Annotations struct {
			Environments string `json:"seawall.dev/environments"`
		} `json:"annotations"`
	} `json:"metadata"`
}

// NewInventory has the registry read Stages. The namespace is that of the Applications whose
// namespace a Promotion does not say.
func NewInventory(registry *inventory.Registry, applications *argocd.Applications, namespace string) *Inventory {
	return &Inventory{applications, inventory.Register[stageFields](registry, inventory.Source{
		Group: "kargo.akuity.io", Versions: []string{"v1alpha1"}, Resource: "stages", Kind: "Stage", MetadataOnly: true,
	}), namespace}
}

// Promotion reads Promotions.
func Promotion(from *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: "kargo.akuity.io", Versions: []string{"v1alpha1"}, Resource: "promotions", Name: "Promotion", Namespaced: true,
		OneShot: true, Reads: inventory.Resources(from.applications, from.stages), Reader: reader{from},
	}
}

type spec struct {
	Stage string     `json:"stage"`
	Vars  []variable `json:"vars"`
	Steps []step     `json:"steps"`
}

type step struct {
	Uses            string          `json:"uses"`
	If              string          `json:"if"`
	ContinueOnError bool            `json:"continueOnError"`
	Vars            []variable      `json:"vars"`
	Task            json.RawMessage `json:"task"`
	Config          struct {
		Apps json.RawMessage `json:"apps"`
	} `json:"config"`
}

type reader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r reader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.Operation != rollout.Create {
		return rollout.Change{}, nil
	}
	var spec spec
	if err := write.Object.DecodeSpec(&spec); err != nil {
		return write.OrDeclared(err, stageRemedy)
	}
	stage, err := r.inventory.stages.Get(write.Namespace, spec.Stage)
	if err != nil && !rollout.IsFinding(err) { // Stages may not be served
		return rollout.Change{}, err
	}
	declared, err := declarations(write, spec.Stage, stage)
	if err != nil {
		return rollout.Change{}, err
	}
	found := &finder{
		account: budget.From(ctx), inventory: r.inventory, project: write.Namespace, stage: spec.Stage, seen: map[string]bool{},
		// The Applications of a shard are those of its own Argo CD, mostly in another cluster.
		sharded: write.Metadata().Labels[shardLabel] != "" || stage != nil && stage.Value.Metadata.Labels.Shard != "",
	}
	change, err := found.promotion(write.Name, &spec)
	unresolved, is := errors.AsType[*rollout.UnresolvedError](err)
	switch {
	case is && declared.n > 0:
		return rollout.Declared(declared.n, unresolved.AtLeast, declared.evidence, stageRemedy), nil
	case err != nil:
		return rollout.Change{}, err
	default:
		return declared.atLeast(change), nil
	}
}

// promotion finds what the steps of a Promotion sync. An *rollout.UnresolvedError says how many
// were found all the same.
func (f *finder) promotion(name string, spec *spec) (rollout.Change, error) {
	var change rollout.Change
	var unresolved *rollout.UnresolvedError
	failed, updates := false, false
	for i := range spec.Steps {
		step, path := &spec.Steps[i], fmt.Sprintf("spec.steps[%d]", i)
		if !step.acts() {
			continue
		}
		updates = true
		if failed && step.If == "" { // Kargo's pkg/promotion/evaluator.go, ShouldSkip
			continue
		}
		f.scope = f.newScope(name, slices.Concat(spec.Vars, step.Vars))
		targets, stopped, err := f.applications(path, step)
		if finding, is := errors.AsType[*rollout.UnresolvedError](err); is {
			unresolved = cmp.Or(unresolved, finding)
		} else if err != nil {
			return rollout.Change{}, err
		}
		if stopped != "" {
			failed = failed || !step.ContinueOnError
			change.Warnings = append(change.Warnings, stopped)
		}
		change.Steps = append(change.Steps, rollout.AtOnce(targets, fmt.Sprintf(stepRemedy, path)))
		change.Environments += len(targets)
	}
	switch {
	case unresolved != nil:
		unresolved.AtLeast = change.Environments
		return rollout.Change{}, unresolved
	case !updates: // it writes to repositories only
		target := rollout.Target{Name: f.stage, Effect: rollout.Changed}
		return rollout.Change{Environments: 1, Steps: []rollout.Step{rollout.AtOnce([]rollout.Target{target}, stageRemedy)}}, nil
	}
	change.Steps, change.Evidence = rollout.Steps(change.Steps...), f.evidence
	return change, nil
}

func (f *finder) newScope(promotion string, variables []variable) scope {
	scope := scope{"ctx.project": f.project, "ctx.stage": f.stage}
	if promotion != "" { // the API server makes it of generateName later
		scope["ctx.promotion"] = promotion
	}
	scope.define(variables)
	return scope
}

// acts tells whether a step is one to count, or is not known.
func (s *step) acts() bool { return s.Uses == updateStep || s.Uses == "" && len(s.Task) > 0 }
