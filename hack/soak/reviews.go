package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const (
	// label says which policy selects a rollout: stable, or changing, whose limit does not stay what it is.
	label    = "soak"
	stable   = "stable"
	changing = "changing"

	rateAnnotation = "seawall.dev/sync-success-rate"
	// fleetNamespace is where the Clusters of Rancher Fleet are.
	fleetNamespace = "fleet-default"
)

// fields are those of an object, or of a part of one.
type fields = map[string]any

// asked is a review and what is right to answer to it, by the way it was made.
type asked struct {
	kind string
	body []byte
	// environments returns how many environments the largest wave may have, by what the cluster may look like; nil for
	// what no policy selects, which passes.
	environments func(seen) []int
	// rate is the success rate that the rollout claims, as it is written.
	rate string
	// limits returns the limits that may hold.
	limits func(seen) []string
	// start says that it is a start of an environment, through the API server.
	start bool
	// bomb says that it may be refused for what it would cost to count.
	bomb bool
}

// maker makes reviews from a seed.
type maker struct {
	random *rand.Rand
	world  *world
	number int
}

func newMaker(seed uint64, of *world) *maker {
	return &maker{random: rand.New(rand.NewPCG(seed, 0)), world: of} //nolint:gosec // it is to be the same again
}

// next returns another review.
func (m *maker) next() asked {
	m.number++
	kinds := []struct {
		share int
		make  func() asked
	}{
		{30, m.list}, {15, m.update}, {15, m.selecting}, {15, m.flapping}, {10, m.paced}, {10, m.bundle}, {4, m.unselected}, {1, m.bomb},
	}
	if !m.world.fleet {
		kinds[5].make = m.selecting
	}
	total := 0
	for _, kind := range kinds {
		total += kind.share
	}
	at := m.random.IntN(total)
	for _, kind := range kinds {
		if at -= kind.share; at < 0 {
			return kind.make()
		}
	}
	panic("the shares do not add up")
}

// of is a number of environments that nothing in the cluster changes.
func of(n int) func(seen) []int { return func(seen) []int { return []int{n} } }

func (m *maker) rate() string {
	return []string{"0.9", "0.99", "0.999", "0.9999", "1"}[m.random.IntN(5)]
}

// policy returns the label of the policy that is to judge a rollout, and which limits it may have.
func (m *maker) policy() (value string, limits func(seen) []string) {
	if m.random.IntN(3) == 0 {
		return changing, func(s seen) []string { return s.limits }
	}
	return stable, func(seen) []string { return []string{stableLimit} }
}

func (m *maker) applicationSet(generator, strategy fields) (fields, asked) {
	value, limits := m.policy()
	rate := m.rate()
	return applicationSet(fmt.Sprintf("soak-%d", m.number), value, rate, generator, strategy), asked{rate: rate, limits: limits}
}

// list is a new ApplicationSet of a list.
func (m *maker) list() asked {
	n := 1 + m.random.IntN(60)
	set, what := m.applicationSet(elements(n, 0), nil)
	what.kind, what.environments = "list", of(n)
	return m.reviewed(what, set, nil)
}

// paced is one in steps of so many.
func (m *maker) paced() asked {
	n, most := 1+m.random.IntN(200), 1+m.random.IntN(40)
	strategy := fields{"type": "RollingSync", "rollingSync": fields{"steps": []any{fields{"maxUpdate": most}}}}
	set, what := m.applicationSet(elements(n, 0), strategy)
	what.kind, what.environments = "steps", of(min(n, most))
	return m.reviewed(what, set, nil)
}

// update gives some of the elements of a list another version.
func (m *maker) update() asked {
	n := 1 + m.random.IntN(60)
	changed := m.random.IntN(n + 1)
	made, what := m.applicationSet(elements(n, 0), nil)
	old := &unstructured.Unstructured{Object: cloned(made)}
	old.SetUID(types.UID(fmt.Sprintf("soak-%d", m.number)))
	old.SetGeneration(1)
	old.SetCreationTimestamp(metav1.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	now := old.DeepCopy()
	now.SetGeneration(2)
	_ = unstructured.SetNestedSlice(now.Object, []any{cloned(elements(n, changed))}, "spec", "generators") // which is there
	what.kind, what.environments = "update", of(changed)
	if changed == 0 {
		what.environments = nil
	}
	return m.reviewed(what, now.Object, old.Object)
}

// selecting is a new ApplicationSet of clusters that stay.
func (m *maker) selecting() asked {
	size := sizes[m.random.IntN(len(sizes))]
	set, what := m.applicationSet(clusters(fmt.Sprintf("of-%d", size)), nil)
	what.kind, what.environments = "clusters", of(size)
	return m.reviewed(what, set, nil)
}

// flapping is one of clusters that come and go.
func (m *maker) flapping() asked {
	set, what := m.applicationSet(clusters(flappingLabel), nil)
	what.kind, what.environments = "clusters that change", func(s seen) []int { return s.flapping }
	return m.reviewed(what, set, nil)
}

// bundle is a new Bundle of Rancher Fleet, which all of its clusters get at once.
func (m *maker) bundle() asked {
	value, limits := m.policy()
	size, rate := sizes[m.random.IntN(len(sizes))], m.rate()
	object := fields{
		"apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Bundle",
		"metadata": metadata(fleetNamespace, fmt.Sprintf("soak-%d", m.number), value, rate),
		"spec": fields{
			"resources":       []any{fields{"name": "app.yaml", "content": fmt.Sprintf("number: %d\n", m.number)}},
			"targets":         []any{fields{"clusterSelector": fields{"matchLabels": fields{fmt.Sprintf("of-%d", size): "yes"}}}},
			"rolloutStrategy": fields{"maxUnavailable": 1 + m.random.IntN(30)},
		},
	}
	return m.reviewed(asked{kind: "bundle", rate: rate, limits: limits, environments: of(size)}, object, nil)
}

// unselected is one that no policy judges.
func (m *maker) unselected() asked {
	set := applicationSet(fmt.Sprintf("soak-%d", m.number), "nobody", "0.5", elements(50, 0), nil)
	return m.reviewed(asked{kind: "unselected"}, set, nil)
}

// bomb is one of more than may be counted, of lists within lists.
func (m *maker) bomb() asked {
	generator := elements(400, 0)
	for depth := range 2 {
		more := make([]any, 400)
		for i := range more {
			more[i] = fields{fmt.Sprintf("part%d", depth): strconv.Itoa(i)}
		}
		generator = fields{"matrix": fields{"generators": []any{generator, fields{"list": fields{"elements": more}}}}}
	}
	set, what := m.applicationSet(generator, nil)
	what.kind, what.bomb = "bomb", true
	return m.reviewed(what, set, nil)
}

// reviewed completes what is asked by the review of an object as it is written, and as it was if it was.
func (m *maker) reviewed(what asked, object, old fields) asked {
	of := &unstructured.Unstructured{Object: object}
	kind := of.GroupVersionKind()
	request := &admissionv1.AdmissionRequest{
		UID: types.UID(fmt.Sprintf("soak-%d", m.number)), Operation: admissionv1.Create, Namespace: of.GetNamespace(), Name: of.GetName(),
		Kind:     metav1.GroupVersionKind(kind),
		Resource: metav1.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: strings.ToLower(kind.Kind) + "s"},
		UserInfo: authenticationv1.UserInfo{Username: fmt.Sprintf("user-%d", m.random.IntN(50))},
		Object:   runtime.RawExtension{Raw: encoded(object)},
	}
	if old != nil {
		request.Operation, request.OldObject = admissionv1.Update, runtime.RawExtension{Raw: encoded(old)}
	}
	if m.random.IntN(5) == 0 {
		request.DryRun = new(true)
	}
	what.body = encoded(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: request,
	})
	return what
}

func metadata(namespace, name, policy, rate string) fields {
	return fields{
		"namespace": namespace, "name": name, "labels": fields{label: policy}, "annotations": fields{rateAnnotation: rate},
	}
}

func applicationSet(name, policy, rate string, generator, strategy fields) fields {
	spec := fields{
		"goTemplate": true, "goTemplateOptions": []any{"missingkey=error"}, "generators": []any{generator},
		"template": fields{
			"metadata": fields{"name": "{{.name}}"},
			"spec": fields{
				"project":     "default",
				"source":      fields{"repoURL": "https://git.example.com/app.git", "targetRevision": `{{dig "version" "v1" .}}`, "path": "app"},
				"destination": fields{"server": "{{.server}}", "namespace": "app"},
				"syncPolicy":  fields{"automated": fields{}},
			},
		},
	}
	if strategy != nil {
		spec["strategy"] = strategy
	}
	return fields{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
		"metadata": metadata(cluster.ArgoCDNamespace, name, policy, rate), "spec": spec,
	}
}

// elements are a list generator of n, of which the first ones have another version.
func elements(n, changed int) fields {
	all := make([]any, n)
	for i := range all {
		name, version := fmt.Sprintf("tenant-%03d", i), "v1"
		if i < changed {
			version = "v2"
		}
		all[i] = fields{"name": name, "server": "https://" + name + ".example.com", "version": version}
	}
	return fields{"list": fields{"elements": all}}
}

func clusters(key string) fields {
	return fields{"clusters": fields{"selector": fields{"matchLabels": fields{key: "yes"}}}}
}

// encoded encodes what this program itself made of strings and numbers.
func encoded(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}

func cloned(object fields) fields {
	var copied fields
	if err := json.Unmarshal(encoded(object), &copied); err != nil {
		panic(err)
	}
	return copied
}
