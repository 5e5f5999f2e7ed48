package flux

import (
	"testing"

	"github.com/onsi/gomega"
)

func TestWhatWaitsForAnother(t *testing.T) {
	const (
		says  = "status:\n  conditions: [{type: Ready, status: \"False\", reason: DependencyNotReady}]\n"
		fleet = "sourceRef: {kind: GitRepository, name: fleet}"
		other = "sourceRef: {kind: GitRepository, name: other}"
		is    = "conditions: [{type: Ready, status: \"True\"}]"
		at    = "{observedGeneration: 2, lastAppliedRevision: new, " + is + "}"
	)
	waiting := func(status, dependsOn string) string {
		return "metadata: {namespace: flux-system, name: app}\nspec: {" + fleet + ", dependsOn: [" + dependsOn + "]}\n" + status
	}
	infra := func(spec, status string) string {
		return "metadata: {namespace: flux-system, name: infra, generation: 2}\nspec: {" + spec + "}\nstatus: " + status + "\n"
	}
	for name, test := range map[string]struct {
		of      *kind
		object  string
		on      string
		blocked bool
	}{
		"it does not say so": {
			object: waiting("status: {"+is+"}\n", "{name: infra}"), on: infra(other, "{}"),
		},
		"it depends on nothing any more":      {object: waiting(says, ""), on: infra(fleet, "{}")},
		"on what is ready at the revision":    {object: waiting(says, "{name: infra}"), on: infra(fleet, at)},
		"on what is ready in a namespace":     {object: waiting(says, "{namespace: flux-system, name: infra}"), on: infra(fleet, at)},
		"on what is ready of another source":  {object: waiting(says, "{name: infra}"), on: infra(other, "{observedGeneration: 2, "+is+"}")},
		"on a release that is ready":          {of: helmReleases(), object: waiting(says, "{name: infra}"), on: infra("", "{observedGeneration: 2, "+is+"}")},
		"on what is not ready":                {object: waiting(says, "{name: infra}"), on: infra(other, "{observedGeneration: 2}"), blocked: true},
		"on a spec that nobody has looked at": {object: waiting(says, "{name: infra}"), on: infra(other, "{observedGeneration: 1, "+is+"}"), blocked: true},
		"on what is at the revision before": {
			object: waiting(says, "{name: infra}"), on: infra(fleet, "{observedGeneration: 2, lastAppliedRevision: old, "+is+"}"), blocked: true,
		},
		"on what is not there":          {object: waiting(says, "{name: absent}"), on: infra(fleet, at), blocked: true},
		"on what is elsewhere":          {object: waiting(says, "{namespace: apps, name: infra}"), on: infra(fleet, at), blocked: true},
		"on two, one of them not there": {object: waiting(says, "{name: infra}, {name: absent}"), on: infra(fleet, at), blocked: true},
		"on what an expression decides": {object: waiting(says, "{name: infra, readyExpr: \"true\"}"), on: infra(fleet, at), blocked: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			if test.of == nil {
				test.of = kustomizations()
			}
			on := read(t, test.of, test.on).state
			find := func(namespace, name string) *state {
				if namespace == on.Metadata.Namespace && name == on.Metadata.Name {
					return on
				}
				return nil
			}
			of := read(t, test.of, test.object)
			of.artifact = artifact{revision: "new"}
			of.isBlocked = of.blocked(of.artifact, find)
			g.Expect(of.isBlocked).To(gomega.Equal(test.blocked))
			if test.of.kind == "Kustomization" {
				g.Expect(of.waits()).To(gomega.Equal(!test.blocked))
			}
		})
	}
}
