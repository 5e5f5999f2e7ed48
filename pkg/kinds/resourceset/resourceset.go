// Package resourceset reads ResourceSets of Flux Operator. It is written from the documented
// behaviour.
package resourceset

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	group        = "fluxcd.controlplane.io"
	kindName     = "ResourceSet"
	providerKind = "ResourceSetInputProvider"

	stepRemedy   = "put the appliers into spec.steps of at most " + rollout.PerWave + " each"
	inputRemedy  = "change the inputs of at most " + rollout.PerWave + " environments in one write"
	removeRemedy = "drop the inputs of at most " + rollout.PerWave + " environments in one write"
)

// Inventory is what ResourceSets take inputs from.
type Inventory struct {
	providers *inventory.Collection[providerFields]
}

// NewInventory has the registry read the providers of inputs.
func NewInventory(registry *inventory.Registry) *Inventory {
	return &Inventory{inventory.Register[providerFields](registry, inventory.Source{
		Group: group, Versions: []string{"v1"}, Resource: "resourcesetinputproviders", Kind: providerKind,
	})}
}

// ResourceSet reads ResourceSets.
func ResourceSet(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: group, Versions: []string{"v1"}, Resource: "resourcesets", Name: kindName, Namespaced: true,
		Reader: reader{inventory, functions(), maphash.MakeSeed()},
	}
}

type spec struct {
	CommonMetadata struct {
		Annotations map[string]string `json:"annotations"`
	} `json:"commonMetadata"`
	Inputs        []map[string]any `json:"inputs"`
	InputsFrom    []inputsFrom     `json:"inputsFrom"`
	InputStrategy struct {
		Name                  string `json:"name"`
		IncludeEmptyProviders bool   `json:"includeEmptyProviders"`
	} `json:"inputStrategy"`
	Resources         []json.RawMessage `json:"resources"`
	ResourcesTemplate string            `json:"resourcesTemplate"`
	Steps             []step            `json:"steps"`
}

type inputsFrom struct {
	Name     string                `json:"name"`
	Selector *metav1.LabelSelector `json:"selector"`
}

type step struct {
	Resources         []json.RawMessage `json:"resources"`
	ResourcesTemplate string            `json:"resourcesTemplate"`
}

type side struct {
	Metadata struct {
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec spec `json:"spec"`

	objects      map[string]*object
	environments rollout.Environments
}

func (s *side) paused() bool { return s.Metadata.Annotations[reconcileAnnotation] == disabled }

type reader struct {
	inventory *Inventory
	functions gotemplate.Functions
	seed      maphash.Seed
}

// Read implements rollout.Reader.
func (r reader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.SameSpec() && samePause(write) {
		return rollout.Change{}, nil
	}
	change, err := r.read(ctx, write)
	if err != nil {
		return write.OrDeclared(err, inputRemedy)
	}
	return change, nil
}

func (r reader) read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	before, after, err := rollout.Sides(write, func(object *rollout.Object) (*side, error) {
		side := &side{}
		if err := object.Decode(side); err != nil {
			return nil, err
		}
		account := budget.From(ctx)
		sets, err := r.inputSets(account, write.Namespace, write.Name, &side.Spec)
		if err != nil {
			return nil, err
		}
		if side.objects, err = r.render(ctx, write.Namespace, &side.Spec, sets); err != nil {
			return nil, err
		}
		side.enumerate()
		return side, nil
	})
	switch {
	case err != nil:
		return rollout.Change{}, err
	case after == nil:
		return rollout.Change{Environments: len(before.environments), Steps: before.removal(rollout.Delta(before.environments, nil, nil))}, nil
	case before == nil:
		before = &side{}
	}
	return after.change(budget.From(ctx), write, before)
}

func samePause(write rollout.Write) bool {
	paused := func(metadata *rollout.Metadata) bool { return metadata.Annotations[reconcileAnnotation] == disabled }
	return paused(write.OldMetadata()) == paused(write.Metadata())
}

// others is the environment of a ResourceSet without appliers: its own cluster.
const others = "the cluster of the ResourceSet"

// enumerate names the environments: the appliers.
func (s *side) enumerate() {
	s.environments = rollout.Environments{}
	for _, object := range s.objects {
		if object.applier() {
			s.environments[reference(object.kind, object.namespace, object.name)] = rollout.Environment{}
		}
	}
	if len(s.environments) == 0 && len(s.objects) > 0 {
		s.environments[others] = rollout.Environment{}
	}
}

// appliers returns the appliers by the name of their environment.
func (s *side) appliers() map[string]*object {
	all := map[string]*object{}
	for _, object := range s.objects {
		if object.applier() {
			all[reference(object.kind, object.namespace, object.name)] = object
		}
	}
	return all
}

func (s *side) change(account *budget.Account, write rollout.Write, before *side) (rollout.Change, error) {
	old, err := before.digests(account)
	if err != nil {
		return rollout.Change{}, err
	}
	now, err := s.digests(account)
	if err != nil {
		return rollout.Change{}, err
	}
	oldAppliers := before.appliers()
	resumed := before.paused() && !s.paused()
	staying, removed := rollout.Split(rollout.Delta(before.environments, s.environments, func(name string) (rollout.Effect, bool) {
		if write.Rewritten || old[name] != now[name] {
			return rollout.Changed, true
		}
		return rollout.Released, resumed || oldAppliers[name] != nil && oldAppliers[name].suspended
	}))
	result := rollout.Change{Environments: len(s.environments)}
	if s.paused() {
		result.Held = len(staying) + len(removed)
		return result, nil
	}
	result.Steps, result.Held = s.steps(staying)
	result.Steps = append(result.Steps, before.removal(removed)...)
	return result, nil
}

// steps returns those in which appliers change, and how many are suspended.
func (s *side) steps(staying []rollout.Target) (all []rollout.Step, held int) {
	appliers := s.appliers()
	steps := make([]rollout.Step, max(1, len(s.Spec.Steps)))
	for _, target := range staying {
		step := 0
		if applier := appliers[target.Name]; applier != nil {
			if applier.suspended {
				held++
				continue
			}
			step = applier.step
		}
		steps[step].Targets = append(steps[step].Targets, target)
	}
	for i := range steps {
		steps[i].InFlight, steps[i].PaceRemedy, steps[i].SplitRemedy = len(steps[i].Targets), stepRemedy, inputRemedy
	}
	return rollout.Steps(steps...), held
}

// removal is the step that deletes appliers, without those whose work stays.
func (s *side) removal(removed []rollout.Target) []rollout.Step {
	appliers := s.appliers()
	torn := slices.DeleteFunc(removed, func(target rollout.Target) bool {
		applier := appliers[target.Name]
		return applier != nil && applier.kept
	})
	return rollout.Steps(rollout.AtOnce(torn, removeRemedy))
}
