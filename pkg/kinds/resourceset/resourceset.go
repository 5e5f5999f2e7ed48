// Package resourceset reads ResourceSets of Flux Operator. It is written from the documented
// behaviour.
package resourceset

import (
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"strings"

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
	bothRemedy   = "change and drop the inputs of at most " + rollout.PerWave + " environments in one write, removals included"
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
func ResourceSet(from *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: group, Versions: []string{"v1"}, Resource: "resourcesets", Name: kindName, Namespaced: true,
		Reads: inventory.Resources(from.providers), Reader: reader{from, functions(), maphash.MakeSeed()},
	}
}

type spec struct {
	CommonMetadata commonMetadata    `json:"commonMetadata"`
	DependsOn      []json.RawMessage `json:"dependsOn"`
	Inputs         []map[string]any  `json:"inputs"`
	InputsFrom     []inputsFrom      `json:"inputsFrom"`
	InputStrategy  struct {
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
		Generation  int64             `json:"generation"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec   spec `json:"spec"`
	Status struct {
		Conditions []metav1.Condition `json:"conditions"`
	} `json:"status"`

	objects map[string]*object
	// appliers are by the names of their environments.
	appliers map[string]*object
	states   map[string]state
}

func (s *side) paused() bool { return pausedBy(s.Metadata.Annotations) }

func pausedBy(annotations map[string]string) bool {
	return strings.EqualFold(annotations[reconcileAnnotation], disabled)
}

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
	before, after, err := rollout.Sides(write, func(stored *rollout.Object) (*side, error) {
		side := &side{appliers: map[string]*object{}}
		if err := stored.Decode(side); err != nil {
			return nil, err
		}
		account := budget.From(ctx)
		sets, err := r.inputSets(account, write.Namespace, write.Name, &side.Spec)
		if err != nil {
			return nil, err
		}
		if side.objects, err = r.render(ctx, write.Namespace, &side.Spec, sets); err != nil {
			return nil, atLeast(err, len(sets))
		}
		for _, object := range side.objects {
			if object.applier() {
				side.appliers[reference(object.kind, object.namespace, object.name)] = object
			}
		}
		side.states, err = side.taken(account)
		return side, err
	})
	if err != nil {
		return rollout.Change{}, err
	}
	if before == nil {
		before = &side{}
	}
	if after == nil {
		after = &side{}
	}
	return after.change(write, before), nil
}

// atLeast says how many sets of inputs there are that cannot be rendered: each is for one
// environment or more.
func atLeast(err error, sets int) error {
	if unresolved, is := errors.AsType[*rollout.UnresolvedError](err); is {
		unresolved.AtLeast = max(unresolved.AtLeast, sets)
	}
	return err
}

func samePause(write rollout.Write) bool {
	return pausedBy(write.OldMetadata().Annotations) == pausedBy(write.Metadata().Annotations)
}
