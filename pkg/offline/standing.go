package offline

import (
	"encoding/json"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Own is one sort of Seawall's own objects, by its kind.
type Own string

// The sorts of Seawall's own objects.
const (
	Policies     Own = "WavePolicy"
	Overrides    Own = "WaveOverride"
	RolloutKinds Own = "RolloutKind"
)

// Owns returns every sort of Seawall's own objects.
func Owns() []Own { return []Own{Policies, Overrides, RolloutKinds} }

// Known tells whether there is such a sort.
func (k Own) Known() bool { return slices.Contains(Owns(), k) }

// Of returns those among documents.
func (k Own) Of(documents []*manifest.Document) []*manifest.Document {
	var found []*manifest.Document
	for _, document := range documents {
		if IsOwn(document) && document.Kind == string(k) {
			found = append(found, document)
		}
	}
	return found
}

// source is where an API server has them.
func (k Own) source() inventory.Source {
	resources := map[Own]string{Policies: "wavepolicies", Overrides: "waveoverrides", RolloutKinds: "rolloutkinds"}
	group := v1alpha1.GroupVersion()
	return inventory.Source{Group: group.Group, Versions: []string{group.Version}, Resource: resources[k], Kind: string(k)}
}

// String returns the resource, such as "wavepolicies.seawall.dev".
func (k Own) String() string { return k.source().String() }

// Register has a registry read them, as snapshots hold them.
func (k Own) Register(registry *inventory.Registry) {
	inventory.Register(registry, k.source(), inventory.ShownBy[struct{}](shownOwn))
}

// shownOwn returns what decisions depend on: the spec, and of overrides when they began and whether
// they have been used.
func shownOwn(object *unstructured.Unstructured) map[string]any {
	shown := map[string]any{"spec": object.Object["spec"]}
	if object.GetKind() != string(Overrides) {
		return shown
	}
	created, _, _ := unstructured.NestedString(object.Object, "metadata", "creationTimestamp") // always there, a string
	shown["metadata"] = map[string]any{"creationTimestamp": created}
	status, _ := object.Object["status"].(map[string]any)
	used := map[string]any{}
	for _, field := range []string{"timesUsed", "reservation"} {
		if value, found := status[field]; found {
			used[field] = value
		}
	}
	if len(used) > 0 {
		shown["status"] = used
	}
	return shown
}

// standing are objects of a cluster, or why it does not tell which there are.
type standing struct {
	documents []*manifest.Document
	err       string
}

// Standing returns the objects of one sort that the inventory holds: all that a cluster has, or lacking
// says why it could not be asked. Told is false where no cluster was asked, or it does not know them.
func (i *Inventory) Standing(kind Own) (documents []*manifest.Document, lacking string, told bool) {
	found, told := i.own[kind]
	return found.documents, found.err, told
}

// note notes that a snapshot tells which objects of a sort there are.
func (i *Inventory) note(resource snapshotResource) {
	for _, kind := range Owns() {
		if resource.Resource == kind.String() && !resource.Absent {
			if i.own == nil {
				i.own = map[Own]standing{}
			}
			i.own[kind] = standing{err: resource.Error}
		}
	}
}

// settle gives each sort its objects, once all documents are read.
func (i *Inventory) settle(documents []*manifest.Document) {
	for kind, held := range i.own {
		if held.err == "" {
			i.own[kind] = standing{documents: kind.Of(documents)}
		}
	}
}

// Follow takes on objects as they are in a cluster, with what the webhook makes of those that it does
// not accept. The error says that one is none of the sort.
func (w *World) Follow(kind Own, documents []*manifest.Document) error {
	for _, document := range documents {
		var err error
		switch kind {
		case Policies:
			err = decoded(document, w.followPolicy)
		case Overrides:
			err = decoded(document, w.followOverride)
		case RolloutKinds:
			err = decoded(document, w.followKind)
		}
		if err != nil {
			return &manifest.ReadError{File: document.File, Line: document.Line, Err: err}
		}
	}
	return nil
}

func decoded[T any](document *manifest.Document, do func(*T)) error {
	object := new(T)
	if err := json.Unmarshal(document.JSON, object); err != nil {
		return err
	}
	do(object)
	return nil
}

// followPolicy puts a policy with an error, too: it refuses what it may select.
func (w *World) followPolicy(source *v1alpha1.WavePolicy) {
	compiled, _ := policy.Compile(source)
	w.set.Put(compiled)
	w.Policies = append(w.Policies, compiled)
}

func (w *World) followOverride(source *v1alpha1.WaveOverride) {
	if compiled, err := policy.CompileOverride(source); err == nil && source.DeletionTimestamp == nil {
		w.overrides.Put(compiled)
	}
}

// followKind puts a kind with an error, too: none of its rollouts can be counted.
func (w *World) followKind(source *v1alpha1.RolloutKind) {
	kind, _ := custom.New(source, custom.NewInventories(w.registry, &source.Spec))
	w.Kinds.Put(source.Name, kind)
}

// Lack notes that nobody knows which objects of a sort there are.
func (w *World) Lack(kind Own) { w.lacking = append(w.lacking, kind) }

// Judges tells whether a kind is one of rollouts, or may be: where it is not known which RolloutKinds
// there are, that is every kind that one may describe.
func (w *World) Judges(kind schema.GroupKind) bool {
	return w.Kinds.Knows(kind) || slices.Contains(w.lacking, RolloutKinds) && describable(kind.Group) && w.Kinds.Refuses(kind) == ""
}

// describable tells whether a RolloutKind may be of a group, as its definition says.
func describable(group string) bool {
	if group == "apps" || group == "batch" {
		return true // where Refuses has no objection
	}
	return strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io") && group != v1alpha1.GroupVersion().Group
}

// lacks returns what is not known of what a write is judged by.
func (w *World) lacks(kind schema.GroupKind, denied bool) []string {
	var missing []string
	for _, lacking := range w.lacking {
		if lacking == Policies || lacking == Overrides && denied || lacking == RolloutKinds && !w.Kinds.Knows(kind) {
			missing = append(missing, lacking.String())
		}
	}
	return missing
}

// RegisterKinds has a registry read what RolloutKinds read.
func RegisterKinds(registry *inventory.Registry, documents []*manifest.Document) {
	for _, document := range RolloutKinds.Of(documents) {
		_ = decoded(document, func(source *v1alpha1.RolloutKind) { // who judges by it says what is wrong
			if len(custom.Validate(&source.Spec)) == 0 {
				custom.NewInventories(registry, &source.Spec)
			}
		})
	}
}
