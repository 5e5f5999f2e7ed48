package kinds_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
)

// asked returns whether the API server asks about an update, by the chart's condition.
func asked(t *testing.T) func(object, old map[string]any) bool {
	t.Helper()
	g := gomega.NewWithT(t)
	text, err := os.ReadFile("../../charts/seawall/files/conditions.yaml")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	var conditions []struct{ Expression string }
	g.Expect(yaml.Unmarshal(text, &conditions)).To(gomega.Succeed())
	g.Expect(conditions).To(gomega.HaveLen(1))
	extended, err := environment.MustBaseEnvSet(version.MustParseGeneric("1.37")).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MustParseGeneric("1.0"), EnvOptions: []cel.EnvOption{
			cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType), cel.Variable("request", cel.DynType),
		},
	})
	g.Expect(err).NotTo(gomega.HaveOccurred())
	checked, issues := extended.StoredExpressionsEnv().Compile(conditions[0].Expression)
	g.Expect(issues.Err()).NotTo(gomega.HaveOccurred())
	program, err := extended.StoredExpressionsEnv().Program(checked)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	return func(object, old map[string]any) bool {
		value, _, err := program.Eval(map[string]any{"object": object, "oldObject": old, "request": map[string]any{"operation": "UPDATE"}})
		g.Expect(err).NotTo(gomega.HaveOccurred())
		return value.Value().(bool)
	}
}

// TestWhatAffectsAnEnvironmentIsAskedAbout feeds every fixture of an update that affects any, or is an error,
// to the condition.
func TestWhatAffectsAnEnvironmentIsAskedAbout(t *testing.T) {
	asks := asked(t)
	wants, err := filepath.Glob("*/testdata/*/*/want.yaml")
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	judged := 0
	for _, path := range wants {
		folder := filepath.Dir(path)
		text, err := os.ReadFile(path)
		gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
		var want struct {
			Operation, Error string
			Affected         int
		}
		gomega.NewWithT(t).Expect(yaml.Unmarshal(text, &want)).To(gomega.Succeed())
		if want.Operation != "Update" || want.Affected == 0 && want.Error == "" {
			continue
		}
		judged++
		t.Run(folder, func(t *testing.T) {
			gomega.NewWithT(t).Expect(asks(parsed(t, folder, "object.yaml"), parsed(t, folder, "old.yaml"))).To(gomega.BeTrue())
		})
	}
	gomega.NewWithT(t).Expect(judged).To(gomega.BeNumerically(">", 200))
}

func TestWhatCleansUpIsNotAskedAbout(t *testing.T) {
	asks := asked(t)
	for name, test := range map[string]struct {
		change func(object map[string]any)
		want   bool
	}{
		"nothing":               {func(map[string]any) {}, false},
		"finalizers":            {func(o map[string]any) { set(o, []any{}, "metadata", "finalizers") }, false},
		"owners":                {func(o map[string]any) { set(o, []any{map[string]any{"uid": "1"}}, "metadata", "ownerReferences") }, false},
		"the status":            {func(o map[string]any) { set(o, "Ready", "status", "phase") }, false},
		"managed fields":        {func(o map[string]any) { set(o, []any{}, "metadata", "managedFields") }, false},
		"the generation":        {func(o map[string]any) { set(o, int64(2), "metadata", "generation") }, false},
		"a label":               {func(o map[string]any) { set(o, "b", "metadata", "labels", "a") }, true},
		"labels that are none":  {func(o map[string]any) { delete(o["metadata"].(map[string]any), "labels") }, true},
		"an annotation":         {func(o map[string]any) { set(o, "b", "metadata", "annotations", "a") }, true},
		"a deletion":            {func(o map[string]any) { set(o, "2026-11-28T00:00:00Z", "metadata", "deletionTimestamp") }, true},
		"the spec":              {func(o map[string]any) { set(o, int64(2), "spec", "replicas") }, true},
		"no spec any more":      {func(o map[string]any) { delete(o, "spec") }, true},
		"what is beside a spec": {func(o map[string]any) { set(o, "sync", "operation") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			text := `{apiVersion: a/v1, kind: A, metadata: {name: a, labels: {a: a}, finalizers: [f], generation: 1}, spec: {replicas: 1}, status: {phase: Progressing}}`
			old := kindtest.Objects(t, []byte(text))[0].Object
			object := kindtest.Objects(t, []byte(text))[0].Object
			test.change(object)
			gomega.NewWithT(t).Expect(asks(object, old)).To(gomega.Equal(test.want))
		})
	}
}

func set(object map[string]any, value any, path ...string) {
	if err := unstructured.SetNestedField(object, value, path...); err != nil {
		panic(err)
	}
}

func parsed(t *testing.T, folder, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred(), strings.TrimSuffix(name, ".yaml"))
	return kindtest.Objects(t, text)[0].Object
}
