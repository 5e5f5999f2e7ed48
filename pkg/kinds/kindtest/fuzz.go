package kindtest

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Fuzz feeds the kind with written and stored objects that grow out of its fixtures, over
// the inventory of the fixture that each came from. A kind may refuse what it cannot read
// but must not panic, and what it counts must be consistent.
func Fuzz(f *testing.F, newKind NewKind) {
	f.Helper()
	var statics []inventory.Static
	folders, err := filepath.Glob(filepath.Join(Folder(newKind(inventory.NewStaticRegistry(inventory.Static{}))), "*"))
	if err != nil || len(folders) == 0 {
		f.Fatal("no fixtures to grow from")
	}
	for i, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, "want.yaml")); err != nil {
			f.Fatal(err)
		}
		fixture := Load(f, folder)
		statics = append(statics, fixture.Static)
		f.Add(uint8(i), jsonOf(fixture.Write.Object), jsonOf(fixture.Write.OldObject))
	}
	f.Fuzz(func(t *testing.T, static uint8, object, old []byte) {
		kind := newKind(inventory.NewStaticRegistry(statics[int(static)%len(statics)]))
		for _, write := range writes(object, old) {
			change, err := kind.Reader.Read(context.Background(), write)
			if err != nil && !rollout.IsFinding(err) {
				t.Errorf("%s: a failure, not a finding: %v", write.Operation, err)
			}
			if problem := inconsistency(change); problem != "" {
				t.Errorf("%s: %s", write.Operation, problem)
			}
		}
	})
}

func jsonOf(object *rollout.Object) []byte {
	if object == nil {
		return nil
	}
	return object.JSON
}

func writes(object, old []byte) []rollout.Write {
	written, err := rollout.Cut(object)
	if err != nil {
		return nil // the webhook refuses it before any kind sees it
	}
	all := []rollout.Write{{Operation: rollout.Create, Namespace: "default", Name: "fuzz", Object: written}}
	if stored, err := rollout.Cut(old); err == nil {
		all = append(all,
			rollout.Write{Operation: rollout.Update, Namespace: "default", Name: "fuzz", Object: stored, OldObject: stored, Rewritten: true},
			rollout.Write{Operation: rollout.Update, Namespace: "default", Name: "fuzz", Object: written, OldObject: stored},
			rollout.Write{Operation: rollout.Delete, Namespace: "default", Name: "fuzz", OldObject: stored})
	}
	return all
}

// inconsistencyOf says what cannot be true of a step.
func inconsistencyOf(step rollout.Step) string {
	targets := step.All()
	switch {
	case step.Size() == 0:
		return "an empty step"
	case step.InFlight < 0 || step.InFlight > step.Size() || step.Declared < 0 || step.Declared > math.MaxInt32:
		return "more in flight than the step has, or less than none"
	case len(targets)+step.Declared != step.Size():
		return "not all that count have names"
	case !slices.IsSortedFunc(targets, func(a, b rollout.Target) int { return strings.Compare(a.Name, b.Name) }):
		return "targets are not sorted"
	default:
		return ""
	}
}

// inconsistency says what cannot be true of a change.
func inconsistency(change rollout.Change) string {
	seen := map[string]bool{}
	for _, step := range change.Steps {
		if problem := inconsistencyOf(step); problem != "" {
			return problem
		}
		for _, target := range step.All() {
			if seen[target.Name] {
				return "a target counts twice: " + target.Name
			}
			seen[target.Name] = true
		}
	}
	if change.Held < 0 || change.Environments < 0 {
		return "less than none"
	}
	return ""
}
