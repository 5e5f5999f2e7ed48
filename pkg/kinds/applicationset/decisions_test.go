package applicationset_test

import (
	"testing"

	. "github.com/onsi/gomega"
)

// ducks are a resource that decides on clusters, as in Argo CD's generators/duck_type_test.go.
const ducks = `
apiVersion: v1
kind: Secret
metadata: {name: eu, namespace: argocd, labels: {argocd.argoproj.io/secret-type: cluster}}
stringData: {name: eu, server: "https://eu"}
---
apiVersion: v1
kind: Secret
metadata: {name: us, namespace: argocd, labels: {argocd.argoproj.io/secret-type: cluster}}
stringData: {name: us, server: "https://us"}
---
apiVersion: v1
kind: Secret
metadata: {name: nameless, namespace: argocd, labels: {argocd.argoproj.io/secret-type: cluster}}
stringData: {server: "https://nameless"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ducks, namespace: argocd}
data: {apiVersion: mallard.io/v1, kind: ducks, statusListKey: decisions, matchKey: clusterName}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: default-list, namespace: argocd}
data: {apiVersion: mallard.io/v1, kind: ducks, matchKey: clusterName}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: without-match-key, namespace: argocd}
data: {apiVersion: mallard.io/v1, kind: ducks, statusListKey: decisions}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: without-kind, namespace: argocd}
data: {apiVersion: mallard.io/v1, matchKey: clusterName}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: elsewhere, namespace: team}
data: {apiVersion: mallard.io/v1, kind: ducks, matchKey: clusterName}
---
apiVersion: mallard.io/v1
kind: Duck
metadata: {name: one, namespace: argocd, labels: {pond: a}}
status:
  decisions: [{clusterName: eu, zone: z1}, {clusterName: gone}, {clusterName: ""}, {clusterName: null}, {cluster: us}]
  clusters: [{clusterName: us}]
---
apiVersion: mallard.io/v1
kind: Duck
metadata: {name: two, namespace: argocd, labels: {pond: a}}
status: {decisions: [{clusterName: us, zone: z2}, {clusterName: in-cluster}]}
---
apiVersion: mallard.io/v1
kind: Duck
metadata: {name: hatching, namespace: argocd, labels: {pond: b}}
---
apiVersion: mallard.io/v1
kind: Duck
metadata: {name: two, namespace: team, labels: {pond: c}}
status: {decisions: [{clusterName: us}]}
---
apiVersion: mallard.io/v1
kind: Duck
metadata: {name: odd, namespace: argocd, labels: {pond: d}}
status: {decisions: {clusterName: us}}
`

func TestClusterDecisions(t *testing.T) {
	argo := newArgoCD(t, []byte(ducks))
	name := func(name string) fields { return fields{"configMapRef": "ducks", "name": name} }
	pond := func(pond string) fields {
		return fields{"configMapRef": "ducks", "labelSelector": fields{"matchLabels": fields{"pond": pond}}}
	}
	for title, test := range map[string]struct {
		config fields
		want   []string
		err    string
	}{
		"an object by its name":            {config: name("one"), want: []string{"eu"}},
		"the cluster that Argo CD is in":   {config: name("two"), want: []string{"in-cluster", "us"}},
		"objects by their labels":          {config: pond("a"), want: []string{"eu", "in-cluster", "us"}},
		"an object without a status":       {config: name("hatching"), want: []string{}},
		"the default list of the status":   {config: with(t, name("one"), "default-list", "configMapRef"), want: []string{"us"}},
		"no key to match clusters by":      {config: with(t, name("one"), "without-match-key", "configMapRef"), want: []string{}},
		"no such object":                   {config: name("none"), err: "finds no object of the resource in Argo CD's namespace"},
		"no object with such labels":       {config: pond("c"), err: "finds no object of the resource in Argo CD's namespace"},
		"neither name nor labels":          {config: fields{"configMapRef": "ducks"}, err: "wants either name or labelSelector"},
		"both name and labels":             {config: with(t, pond("a"), "one", "name"), err: "wants either name or labelSelector"},
		"a list that is none":              {config: pond("d"), err: "the list in the status of an object of the resource is an object: want a list"},
		"no such ConfigMap":                {config: with(t, name("one"), "none", "configMapRef"), err: `there is no ConfigMap "none" in namespace argocd`},
		"a ConfigMap of another namespace": {config: with(t, name("one"), "elsewhere", "configMapRef"), err: `there is no ConfigMap "elsewhere" in namespace argocd`},
		"a ConfigMap without a kind":       {config: with(t, name("one"), "without-kind", "configMapRef"), err: "ConfigMap argocd/without-kind has an apiVersion without a group, or no kind: want group/version and the plural resource"},
	} {
		t.Run(title, func(t *testing.T) {
			for _, goTemplate := range []bool{true, false} {
				g := NewWithT(t)
				text := map[bool]string{true: "{{.name}}", false: "{{name}}"}[goTemplate]
				change, err := argo.read(creation(t, spec{
					"goTemplate": goTemplate, "generators": []any{fields{"clusterDecisionResource": test.config}},
					"template": fields{"metadata": fields{"name": text}, "spec": fields{}},
				}))
				if test.err != "" {
					g.Expect(err).To(MatchError(ContainSubstring(test.err)))
					continue
				}
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(namesOf(change)).To(Equal(test.want))
			}
		})
	}
}

func TestParametersOfDecisions(t *testing.T) {
	g := NewWithT(t)
	config := fields{"configMapRef": "ducks", "name": "one", "values": fields{"v": "{{.zone}}"}}
	for goTemplate, text := range map[bool]string{true: "{{.name}}|{{.server}}|{{.zone}}|{{.values.v}}", false: "{{name}}|{{server}}|{{zone}}|{{values.v}}"} {
		argo := newArgoCD(t, []byte(ducks))
		argo.anyName = true
		change, err := argo.read(creation(t, spec{
			"goTemplate": goTemplate, "generators": []any{fields{"clusterDecisionResource": config}},
			"template": fields{"metadata": fields{"name": text}, "spec": fields{}},
		}))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(namesOf(change)).To(Equal([]string{"eu|https://eu|z1|{{.zone}}"}), "values are no templates here")
		g.Expect(change.Steps[0].All()[0].Source).To(Equal("Secret argocd/eu"))
	}
}
