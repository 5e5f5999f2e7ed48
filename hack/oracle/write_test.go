package oracle

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
)

// write is one case: the write of an ApplicationSet, and what there is beside it.
type write struct {
	Old     object   `json:"old,omitempty"`
	New     object   `json:"new"`
	Secrets []object `json:"secrets,omitempty"`
	// Repositories are the folders of the repositories that git generators ask, by their URLs.
	Repositories map[string]string `json:"repositories,omitempty"`
	// ProgressiveSyncs says that the controller runs with them.
	ProgressiveSyncs bool     `json:"progressiveSyncs,omitempty"`
	States           []object `json:"states,omitempty"`
	Follow           bool     `json:"follow,omitempty"`

	number uint64
	// edits name what the write does to the stored object.
	edits []string
}

// newWrite makes up the write of a number; it is the same for the same seed.
func newWrite(seed, number uint64) write {
	random := rand.New(rand.NewPCG(seed, number))
	c := &chance{Rand: random, goTemplate: random.IntN(2) == 0}
	rolling := c.in(3)
	generators, shape := c.generators()
	if rolling && !c.in(3) { // many Applications, so that steps have some
		generators, shape = list{object{"list": c.elements(c.some(4, 9))}}, tenants()
	}
	spec := object{"generators": generators, "template": c.template(shape)}
	if c.goTemplate {
		spec["goTemplate"] = true
		if !c.in(3) {
			spec["goTemplateOptions"] = list{pick(c, "missingkey=error", "missingkey=error", "missingkey=zero", "missingkey=default")}
		}
	}
	if c.in(4) {
		spec["templatePatch"] = c.patch(shape)
	}
	c.controls(spec)
	made := write{number: number, Secrets: c.secrets(), ProgressiveSyncs: !c.in(5)}
	if rolling {
		spec["strategy"] = c.strategy()
	}
	if c.in(6) {
		made.New, made.Follow = applicationSet(spec), rolling && made.ProgressiveSyncs
		return made
	}
	made.Old = applicationSet(spec)
	edited := copied(spec)
	made.edits = c.edit(edited, shape, rolling)
	made.New = applicationSet(edited)
	if made.ProgressiveSyncs && (rolling || edited["strategy"] != nil) {
		made.Follow, made.States = c.progress()
	}
	return made
}

// progress makes up how far a RollingSync has come before the write, or has the oracle find out.
func (c *chance) progress() (follow bool, states []object) {
	if c.in(3) {
		return true, nil
	}
	return false, c.states()
}

func applicationSet(spec object) object {
	return object{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
		"metadata": object{"name": "set", "namespace": "argocd", "uid": "6a1f7c52-5d0e-4d43-9d3c-0e5a1f2b3c4d"},
		"spec":     spec,
	}
}

// copied copies in depth, and makes of every number what JSON makes of it.
func copied(of object) (other object) {
	text, err := json.Marshal(of)
	if err == nil {
		err = json.Unmarshal(text, &other)
	}
	if err != nil {
		panic(err)
	}
	return other
}

// controls sets what the controller is told beside what to make.
func (c *chance) controls(spec object) {
	policy := object{}
	if c.in(8) {
		policy["applicationsSync"] = pick(c, "create-only", "create-update", "create-delete", "sync")
	}
	if c.in(8) {
		policy["preserveResourcesOnDeletion"] = true
	}
	if len(policy) > 0 {
		spec["syncPolicy"] = policy
	}
	if c.in(6) {
		spec["ignoreApplicationDifferences"] = list{c.ignored()}
	}
}

func (c *chance) ignored() object {
	rule := object{}
	if c.in(4) {
		rule["name"] = pick(c, "at0", "at1", "ac0")
	}
	if c.in(2) {
		rule["jsonPointers"] = list{pick(c, "/spec/source/targetRevision", "/spec/syncPolicy", "/spec/source/helm/valueFiles", "/spec/source/helm", "/spec/info", "/spec/destination/namespace")}
	} else {
		rule["jqPathExpressions"] = list{pick(c, ".spec.source.targetRevision", ".spec.source.helm.parameters[]", ".spec.syncPolicy.automated", ".spec.source.kustomize.images", ".spec.sources[0].path")}
	}
	return rule
}

// secrets register clusters.
func (c *chance) secrets() []object {
	secrets := []object{}
	for i := range c.some(1, 5) {
		name := fmt.Sprintf("c%d", i)
		if c.in(25) {
			name = pick(c, "c0", "Under_Score")
		}
		server := "https://" + name + ".example.com"
		if c.in(12) {
			server = "https://kubernetes.default.svc"
		}
		labels := object{"argocd.argoproj.io/secret-type": "cluster", "env": c.env(), "tier": pick(c, "1", "2")}
		if c.in(25) {
			delete(labels, pick(c, "env", "tier"))
		}
		secrets = append(secrets, object{
			"apiVersion": "v1", "kind": "Secret",
			"metadata": object{"name": fmt.Sprintf("secret%d", i), "namespace": "argocd", "labels": labels},
			"data":     object{"name": []byte(name), "server": []byte(server)},
		})
	}
	return secrets
}

// strategy returns that of a rollout in steps.
func (c *chance) strategy() object {
	if c.in(12) {
		return object{"type": pick(c, "AllAtOnce", "")}
	}
	steps := list{}
	for range c.some(1, 3) {
		steps = append(steps, c.step())
	}
	if c.in(2) {
		steps = c.partition()
	}
	if c.in(3) {
		steps = append(steps, object{"matchExpressions": list{}})
	}
	if c.in(20) {
		steps = list{}
	}
	return object{"type": "RollingSync", "rollingSync": object{"steps": steps}}
}

// partition returns a step for each environment.
func (c *chance) partition() (steps list) {
	environments := []string{"dev", "test", "prod"}
	c.Shuffle(len(environments), func(i, j int) { environments[i], environments[j] = environments[j], environments[i] })
	for _, environment := range environments {
		step := c.step()
		step["matchExpressions"] = list{object{"key": "env", "operator": "In", "values": list{environment}}}
		steps = append(steps, step)
	}
	return steps
}

func (c *chance) step() object {
	values := list{c.env()}
	if c.in(2) {
		values = append(values, c.env())
	}
	expressions := list{object{"key": "env", "operator": pick(c, "In", "In", "In", "NotIn"), "values": values}}
	if c.in(6) {
		expressions[0].(object)["key"], expressions[0].(object)["values"] = "wave", list{pick(c, "eu", "us"), "1"}
	}
	if c.in(8) {
		expressions = append(expressions, object{"key": pick(c, "wave", "missing"), "operator": pick(c, "In", "NotIn"), "values": list{"eu", "1"}})
	}
	step := object{"matchExpressions": expressions}
	if !c.in(3) {
		step["maxUpdate"] = pick[any](c, 1, 1, 2, 3, 0, "0%", "50%", "34%", "100%", "10%")
	}
	return step
}

// states are those of Applications in a rollout that is under way.
func (c *chance) states() (states []object) {
	for range c.some(1, 5) {
		states = append(states, object{
			"sync": pick(c, "Synced", "OutOfSync", "OutOfSync"), "health": pick(c, "Healthy", "Healthy", "Degraded", "Progressing"),
			"revision": pick(c, "", "r2", "r2"),
		})
	}
	return slices.Clip(states)
}
