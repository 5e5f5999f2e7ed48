package oracle

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds/applicationset"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

var (
	seed  = flag.Uint64("seed", 1, "what the random writes follow from")
	count = flag.Uint64("cases", 1000, "how many random writes there are")
	only  = flag.Int64("case", -1, "the number of the only one")
	shown = flag.Int("show", 1, "how many writes of a class of disagreement are printed")
)

func TestSeawallCountsWhatArgoCDDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Argo CD")
	}
	compare(t, writes)
}

// compare asks about writes, and fails for disagreements.
func compare(t *testing.T, writes func(yield func(write) bool)) {
	t.Helper()
	classes, asked, agreed, seen := map[string][]string{}, 0, 0, map[string]int{}
	ask(t, writes, func(of write, argo answer) {
		asked++
		change, err := of.read(t, argo)
		found := judge(of, argo, change, err)
		notice(seen, argo)
		if *only >= 0 {
			said, _ := yaml.Marshal(argo)
			t.Logf("%s# Argo CD\n%s# Seawall\n%+v\n%v", of.yaml(t), said, change, err)
		}
		if found == nil {
			agreed++
			return
		}
		text := fmt.Sprintf("-case %d (%s): %s", of.number, strings.Join(of.edits, ", "), found.detail)
		if len(classes[found.class]) < *shown {
			text += "\n" + of.yaml(t)
		}
		classes[found.class] = append(classes[found.class], text)
	})
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		numbers := classes[class]
		t.Errorf("%s: %d writes, such as\n%s", class, len(numbers), strings.Join(numbers[:min(len(numbers), *shown+6)], "\n"))
	}
	t.Logf("of %d writes Seawall and Argo CD agree on %d (seed %d); Argo CD %v", asked, agreed, *seed, seen)
}

// notice counts what Argo CD does, which tells whether the writes are worth asking about.
func notice(seen map[string]int, argo answer) {
	of := argo.Written
	started := slices.DeleteFunc(slices.Clone(of.Started), func(name string) bool { return slices.Contains(argo.Kept.Started, name) })
	changed, switched := 0, 0
	for _, patch := range of.Patched {
		if patch.Spec || patch.Automated {
			changed++
		}
		if patch.On || patch.Off {
			switched++
		}
	}
	for what, times := range map[string]int{
		"fails": len(of.Error), "creates": len(of.Created), "changes": changed, "switches automated syncs": switched,
		"tears down": len(of.Deleted), "orphans": len(of.Orphaned), "starts": len(started), "syncs in rounds": len(of.Rounds), "is refused names": len(of.Refused),
		"does nothing": 1 - min(1, len(of.Error)+len(of.Created)+changed+switched+len(of.Deleted)+len(of.Orphaned)+len(started)+len(of.Rounds)+len(of.Refused)),
	} {
		seen[what] += min(times, 1)
	}
}

// writes yields the random writes.
func writes(yield func(write) bool) {
	if *only >= 0 {
		yield(newWrite(*seed, uint64(*only)))
		return
	}
	for number := range *count {
		if !yield(newWrite(*seed, number)) {
			return
		}
	}
}

// read lets Seawall read the write, given what there was before it.
func (w write) read(t *testing.T, argo answer) (rollout.Change, error) {
	t.Helper()
	objects := []*unstructured.Unstructured{}
	for _, secret := range w.Secrets {
		objects = append(objects, &unstructured.Unstructured{Object: copied(secret)})
	}
	for _, name := range argo.Applications {
		objects = append(objects, &unstructured.Unstructured{Object: application(name)})
	}
	registry := inventory.NewStaticRegistry(inventory.Static{Objects: objects})
	mode := argocd.ProgressiveSyncsDisabled
	if w.ProgressiveSyncs {
		mode = argocd.ProgressiveSyncsEnabled
	}
	argoCD := argocd.New(registry, "argocd", mode)
	kind := applicationset.Kind(applicationset.Inventory{
		Clusters: argoCD, Switches: argoCD, Decisions: argoCD, Applications: argocd.NewApplications(registry), Repositories: w.clones(t),
	})
	asked := rollout.Write{Operation: rollout.Create, Namespace: "argocd", Name: "set", Object: cut(t, w.New)}
	if w.Old != nil {
		stored := copied(w.Old)
		stored["status"] = argo.Status
		asked.Operation, asked.OldObject = rollout.Update, cut(t, stored)
	}
	return kind.Reader.Read(context.Background(), asked)
}

func application(name string) object {
	return object{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
		"metadata": object{"name": name, "namespace": "argocd", "ownerReferences": list{object{
			"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "name": "set", "controller": true,
			"uid": applicationSet(nil)["metadata"].(object)["uid"],
		}}},
	}
}

func cut(t *testing.T, of object) *rollout.Object {
	t.Helper()
	text, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	object, err := rollout.Cut(text)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// yaml returns the files of a fixture.
func (w write) yaml(t *testing.T) string {
	t.Helper()
	text := ""
	add := func(name string, documents ...any) {
		for i, document := range documents {
			spelled, err := yaml.Marshal(document)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				text += "# " + name + "\n"
			} else {
				text += "---\n"
			}
			text += string(spelled)
		}
	}
	if w.Old != nil {
		add("old.yaml", w.Old)
	}
	add("object.yaml", w.New)
	for _, secret := range w.Secrets {
		add("inventory.yaml", copied(secret))
	}
	return text + fmt.Sprintf("# progressiveSyncs: %v, states: %v\n", w.ProgressiveSyncs, w.States)
}
