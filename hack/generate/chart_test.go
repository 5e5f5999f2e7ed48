package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const repository = "../.."

func chartFile(name string) string { return filepath.Join(repository, chartDir, name) }

func readChart(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(chartFile(name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestChartRefusesArgoCDsNamespace(t *testing.T) {
	if testing.Short() {
		t.Skip("renders with helm")
	}
	if _, err := renderChart(t.Context(), repository, "--set", "argocd.namespace="+configNamespace); err == nil {
		t.Error("was rendered into the namespace of Argo CD, where it would not judge any rollout")
	}
}

func TestTemplatesReadEveryValue(t *testing.T) {
	var values map[string]any
	if err := yaml.Unmarshal(readChart(t, "values.yaml"), &values); err != nil {
		t.Fatal(err)
	}
	templates := ""
	names, err := fs.Glob(os.DirFS(chartFile("templates")), "*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		templates += string(readChart(t, "templates/"+name))
	}
	for _, path := range leaves("", values) {
		if !reads(templates, path) {
			t.Errorf("no template reads .Values%s", path)
		}
	}
}

// leaves returns the paths of all values that are not objects or are empty ones.
func leaves(prefix string, values map[string]any) []string {
	var paths []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		path := prefix + "." + key
		if inner, isObject := values[key].(map[string]any); isObject && len(inner) > 0 {
			paths = append(paths, leaves(path, inner)...)
		} else {
			paths = append(paths, path)
		}
	}
	return paths
}

// reads tells whether templates use the value at path, or an object that holds it as a
// whole.
func reads(templates, path string) bool {
	uses := func(expression string) bool {
		return regexp.MustCompile(regexp.QuoteMeta(expression) + `([^.\w]|$)`).MatchString(templates)
	}
	for ; path != ""; path = path[:strings.LastIndex(path, ".")] {
		if uses(".Values" + path) {
			return true
		}
	}
	return false
}

func TestSchemaRefusesUnknownKeysEverywhere(t *testing.T) {
	var schema any
	if err := json.Unmarshal(readChart(t, "values.schema.json"), &schema); err != nil {
		t.Fatal(err)
	}
	// These are passed on as they are: the API server checks them.
	open := []string{
		"/properties/global",
		"/properties/affinity/properties/nodeAffinity",
		"/properties/affinity/properties/podAffinity",
		"/properties/affinity/properties/podAntiAffinity",
	}
	walk("", schema, func(path string, object map[string]any) {
		_, closed := object["additionalProperties"]
		if object["type"] == "object" && !closed && !slices.Contains(open, path) {
			t.Errorf("%s lets unknown keys pass", path)
		}
	})
}

func walk(path string, value any, visit func(path string, object map[string]any)) {
	switch value := value.(type) {
	case map[string]any:
		visit(path, value)
		for key, inner := range value {
			walk(path+"/"+key, inner, visit)
		}
	case []any:
		for _, inner := range value {
			walk(path, inner, visit)
		}
	}
}

// TestWhoExplainsReadsSecretsByAValueOnly holds that nobody gets at the credentials of Argo CD's clusters
// unless the values say so.
func TestWhoExplainsReadsSecretsByAValueOnly(t *testing.T) {
	if testing.Short() {
		t.Skip("renders with helm")
	}
	for flag, want := range map[string]bool{"userRoles.explainerReadsSecrets=false": false, "userRoles.explainerReadsSecrets=true": true} {
		rendered, err := renderChart(t.Context(), repository, "--set", flag)
		if err != nil {
			t.Fatal(err)
		}
		objects := splitRendered(rendered)
		if strings.Contains(objects["clusterroles-users.yaml"], "secrets") {
			t.Error("a ClusterRole for people reads Secrets")
		}
		if got := strings.Contains(objects["argocd-explainer.yaml"], "resources: [secrets]"); got != want {
			t.Errorf("%s: the Role reads Secrets: %t", flag, got)
		}
	}
}
