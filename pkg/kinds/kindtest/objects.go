package kindtest

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// CopiesAnnotation makes an object of an inventory stand for so many, whose names end in
// -000, -001 and so on. In all their strings "{i}" stands for that number.
const CopiesAnnotation = "kindtest.seawall.dev/copies"

// caseCopiesAnnotation is how the inventories of cases spell it.
const caseCopiesAnnotation = "rollouttest.seawall.dev/copies"

// Objects reads YAML documents, and makes the copies that they ask for.
func Objects(tb testing.TB, text []byte) []*unstructured.Unstructured {
	tb.Helper()
	g := gomega.NewWithT(tb)
	var all []*unstructured.Unstructured
	for document := range strings.SplitSeq("\n"+string(text), "\n---") {
		object := &unstructured.Unstructured{}
		g.Expect(yaml.Unmarshal([]byte(document), &object.Object)).To(gomega.Succeed())
		if len(object.Object) > 0 {
			all = append(all, Copies(tb, object)...)
		}
	}
	return all
}

// Copies returns the copies that an object asks for: itself, if it asks for none.
func Copies(tb testing.TB, object *unstructured.Unstructured) []*unstructured.Unstructured {
	tb.Helper()
	g := gomega.NewWithT(tb)
	annotations := object.GetAnnotations()
	asked := cmp.Or(annotations[CopiesAnnotation], annotations[caseCopiesAnnotation])
	if asked == "" {
		return []*unstructured.Unstructured{object}
	}
	count, err := strconv.Atoi(asked)
	g.Expect(err).NotTo(gomega.HaveOccurred(), CopiesAnnotation)
	delete(annotations, CopiesAnnotation)
	delete(annotations, caseCopiesAnnotation)
	object.SetAnnotations(annotations)
	copies := make([]*unstructured.Unstructured, count)
	for i := range copies {
		number := fmt.Sprintf("%03d", i)
		copied := object.DeepCopy()
		copied.Object, _ = numbered(copied.Object, number).(map[string]any)
		copied.SetName(object.GetName() + "-" + number)
		copies[i] = copied
	}
	return copies
}

func numbered(value any, number string) any {
	switch value := value.(type) {
	case string:
		return strings.ReplaceAll(value, "{i}", number)
	case []any:
		for i := range value {
			value[i] = numbered(value[i], number)
		}
	case map[string]any:
		for key := range value {
			value[key] = numbered(value[key], number)
		}
	}
	return value
}

// Write returns the write of one object over another, as the webhook would: both are YAML,
// and either may be empty.
func Write(tb testing.TB, operation rollout.Operation, object, old []byte) rollout.Write {
	tb.Helper()
	write := rollout.Write{Operation: operation, Object: Object(tb, object), OldObject: Object(tb, old)}
	if operation == rollout.Delete {
		write.Object = nil
	}
	write.Namespace, write.Name = write.Metadata().Namespace, write.Metadata().Name
	return write
}

// Object returns an object that is YAML, nil for an empty one.
func Object(tb testing.TB, text []byte) *rollout.Object {
	tb.Helper()
	if len(text) == 0 {
		return nil
	}
	converted, err := yaml.YAMLToJSON(text)
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	return Cut(tb, converted)
}

// Cut returns an object that is JSON.
func Cut(tb testing.TB, text []byte) *rollout.Object {
	tb.Helper()
	object, err := rollout.Cut(text)
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	return object
}
