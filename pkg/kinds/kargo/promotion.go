// Package kargo reads the rollouts of Kargo: Promotion.
package kargo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const stageRemedy = "divide the Stage into Stages of at most " + rollout.PerWave + " environments each"

// Inventory is what a Promotion acts on.
type Inventory struct {
	applications *argocd.Applications
	stages       *inventory.Collection[stageFields]
	// namespace is where Argo CD runs.
	namespace string
}

type stageFields struct {
	Metadata struct {
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
func Promotion(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: "kargo.akuity.io", Versions: []string{"v1alpha1"}, Resource: "promotions", Name: "Promotion", Namespaced: true,
		OneShot: true, Reader: reader{inventory},
	}
}

type spec struct {
	Stage string     `json:"stage"`
	Vars  []variable `json:"vars"`
	Steps []struct {
		Uses   string          `json:"uses"`
		Vars   []variable      `json:"vars"`
		Task   json.RawMessage `json:"task"`
		Config struct {
			Apps json.RawMessage `json:"apps"`
		} `json:"config"`
	} `json:"steps"`
}

type reader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r reader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.Operation != rollout.Create {
		return rollout.Change{}, nil
	}
	change, err := r.promote(ctx, write)
	if err != nil {
		return write.OrDeclared(err, stageRemedy)
	}
	return change, nil
}

func (r reader) promote(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	var spec spec
	if err := write.Object.DecodeSpec(&spec); err != nil {
		return rollout.Change{}, err
	}
	found := &finder{
		account: budget.From(ctx), inventory: r.inventory, project: write.Namespace, stage: spec.Stage, seen: map[string]bool{},
	}
	var result rollout.Change
	for i, step := range spec.Steps {
		path := fmt.Sprintf("spec.steps[%d]", i)
		if len(step.Task) > 0 && step.Uses == "" {
			return rollout.Change{}, rollout.Unresolved(path+".task",
				"is not replaced by the steps of its task: want what Kargo's own webhook makes of it")
		}
		if step.Uses != "argocd-update" {
			continue
		}
		found.scope = scope{"ctx.project": write.Namespace, "ctx.stage": spec.Stage}
		if write.Name != "" { // the API server makes it of generateName later
			found.scope["ctx.promotion"] = write.Name
		}
		found.scope.define(slices.Concat(spec.Vars, step.Vars))
		targets, err := found.applications(path+".config.apps", step.Config.Apps)
		if err != nil {
			return rollout.Change{}, err
		}
		remedy := "divide " + path + " in the Stage's promotionTemplate into argocd-update steps of at most " +
			rollout.PerWave + " Applications each"
		result.Steps = append(result.Steps, rollout.AtOnce(targets, remedy))
		result.Environments += len(targets)
	}
	if result.Steps == nil {
		return r.withoutApplications(write, spec.Stage)
	}
	result.Steps, result.Evidence = rollout.Steps(result.Steps...), found.evidence
	return result, nil
}

// withoutApplications counts a Promotion that only writes to repositories.
func (r reader) withoutApplications(write rollout.Write, stage string) (rollout.Change, error) {
	declared, found, err := write.Metadata().Declared()
	if err != nil {
		return rollout.Change{}, err
	}
	evidence := rollout.DeclaredEvidence
	if !found {
		if declared, found, err = r.ofStage(write.Namespace, stage); err != nil {
			return rollout.Change{}, err
		}
		evidence += " of Stage " + write.Namespace + "/" + stage
	}
	if !found {
		target := rollout.Target{Name: stage, Effect: rollout.Changed}
		return rollout.Change{Environments: 1, Steps: []rollout.Step{rollout.AtOnce([]rollout.Target{target}, stageRemedy)}}, nil
	}
	step := rollout.Step{Declared: declared, InFlight: declared, PaceRemedy: stageRemedy, SplitRemedy: stageRemedy}
	return rollout.Change{Environments: declared, Steps: []rollout.Step{step}, Evidence: evidence}, nil
}

// ofStage returns how many environments the annotation of the Stage declares.
func (r reader) ofStage(namespace, name string) (declared int, found bool, err error) {
	stage, err := r.inventory.stages.Get(namespace, name)
	if err != nil || stage == nil {
		return 0, false, err
	}
	text := stage.Value.Metadata.Annotations.Environments
	if text == "" {
		return 0, false, nil
	}
	declared, err = rollout.ParseDeclared("Stage "+namespace+"/"+name, text)
	return declared, true, err
}
