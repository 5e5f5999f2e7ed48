package flux

import (
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

// errNotWhole says that an object was sent without its fields.
var errNotWhole = errors.New("got an object without fields")

// Environments are all objects of one kind, with how far their starts have come.
type Environments struct {
	kind    *kind
	objects *inventory.Collection[state]
	sources *Sources
	told    told
}

// NewKustomizations returns the Kustomizations that the registry will read.
func NewKustomizations(registry *inventory.Registry, sources *Sources) *Environments {
	return newEnvironments(registry, sources, kustomizations())
}

// NewHelmReleases returns the HelmReleases that the registry will read.
func NewHelmReleases(registry *inventory.Registry, sources *Sources) *Environments {
	return newEnvironments(registry, sources, helmReleases())
}

func newEnvironments(registry *inventory.Registry, sources *Sources, of *kind) *Environments {
	read := func(sent metav1.Object, texts *inventory.Texts) (state, error) {
		kept := state{kind: of}
		content, is := sent.(runtime.Unstructured)
		if !is {
			return kept, errNotWhole
		}
		err := runtime.DefaultUnstructuredConverter.FromUnstructured(content.UnstructuredContent(), &kept.object)
		kept.trim(texts)
		return kept, err
	}
	return &Environments{
		kind: of, sources: sources, objects: inventory.Register(registry, of.inventoried(), inventory.ReadBy(read)),
	}
}

// GroupKind is that of the objects.
func (e *Environments) GroupKind() schema.GroupKind { return e.kind.groupKind() }

// Kind implements starts.System.
func (e *Environments) Kind() string { return e.kind.kind }

func (e *Environments) member(kept *state, own labels.Labels, rate string) gate.Member {
	of := &kept.Metadata
	follows := e.kind.follows(&kept.object)
	return gate.Member{
		Environment:     gate.Environment{Kind: e.kind.kind, UID: of.UID, Namespace: of.Namespace, Name: of.Name},
		ResourceVersion: of.ResourceVersion,
		Facts:           gate.Facts{Owner: follows, Source: follows, Labels: own},
		SuccessRate:     rate, Kin: follows,
		Rollout: gate.Subject{Group: e.kind.group, Kind: e.kind.kind, Name: of.Name, UID: of.UID, Labels: own},
		State:   e.sighted(kept),
	}
}

func (e *Environments) sighted(kept *state) *sighted {
	has := e.sources.artifact(e.kind.artifact(&kept.object))
	find := func(namespace, name string) *state {
		if found, err := e.objects.Get(namespace, name); err == nil && found != nil {
			return &found.Value
		}
		return nil
	}
	return &sighted{state: kept, artifact: has, isBlocked: kept.blocked(has, find)}
}

// stored returns an object as it would be stored. The error says that the others are not known.
func (e *Environments) stored(of *state) (gate.Member, error) {
	if err := e.objects.Check(nil); err != nil {
		return gate.Member{}, err
	}
	return e.member(of, labels.Set(of.Metadata.Labels), of.Metadata.Annotations.SuccessRate), nil
}

// See implements starts.System: it knows nothing of an object that cannot be read.
func (e *Environments) See(of gate.Environment) gate.Sight {
	seen := gate.Sight{Heard: e.objects.Heard()}
	object, err := e.objects.Get(of.Namespace, of.Name)
	if err != nil {
		return gate.Sight{} // it may be there
	}
	if object != nil {
		kept := &object.Value
		seen.UID, seen.ResourceVersion = kept.Metadata.UID, kept.Metadata.ResourceVersion
		seen.Kin, seen.State = e.kind.follows(&kept.object), e.sighted(kept)
	}
	return seen
}
