package peers

import (
	"fmt"
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
)

// System says how a Recorder reads the environments of a rollout system, one object each. It calls
// these functions one at a time.
type System[S any] struct {
	// Kind is that of the objects.
	Kind schema.GroupVersionKind
	// Read reads what the others need to know of an object.
	Read func(*unstructured.Unstructured) (S, error)
	// Began says whether a sync has begun between one version and the next.
	Began func(before, now S) bool
	// Done says whether what has begun is done.
	Done func(now S) bool
}

// Began is one environment's sync that began.
type Began struct {
	Environment string
	At          time.Time
	// Beside are the others that were in flight then.
	Beside []string
}

// Record is what happened since a Recorder began, and how things stand.
type Record[S any] struct {
	// Environments are all of them, by name.
	Environments map[string]S
	// Starts are in the order in which the API server stored them.
	Starts []Began
	// InFlight are the environments that have started and were not done since.
	InFlight map[string]bool
	// Rolling are the namespaces whose Deployment is not what its spec says.
	Rolling map[string]bool
	// MostInFlight and MostRolling are the greatest numbers of either at any instant.
	MostInFlight, MostRolling int
	// Settled is when each environment that was in flight came out of it last.
	Settled map[string]time.Time
}

// NewRecord returns a record in which nothing has happened.
func NewRecord[S any]() Record[S] {
	return Record[S]{
		Environments: map[string]S{}, InFlight: map[string]bool{}, Rolling: map[string]bool{}, Settled: map[string]time.Time{},
	}
}

// Started returns the names of the environments that have started, each once, in that order.
func (r *Record[S]) Started() (names []string) {
	for _, start := range r.Starts {
		if !slices.Contains(names, start.Environment) {
			names = append(names, start.Environment)
		}
	}
	return names
}

// Of returns what of the record is about some environments, as if there were no others. Of their Deployments it
// knows nothing.
func (r *Record[S]) Of(environments []string) Record[S] {
	others := func(name string) bool { return !slices.Contains(environments, name) }
	part := r.copied()
	part.Rolling, part.MostInFlight, part.MostRolling = map[string]bool{}, 0, 0
	maps.DeleteFunc(part.Environments, func(name string, _ S) bool { return others(name) })
	maps.DeleteFunc(part.InFlight, func(name string, _ bool) bool { return others(name) })
	maps.DeleteFunc(part.Settled, func(name string, _ time.Time) bool { return others(name) })
	part.Starts = slices.DeleteFunc(part.Starts, func(start Began) bool { return others(start.Environment) })
	for i := range part.Starts {
		beside := slices.DeleteFunc(slices.Clone(part.Starts[i].Beside), others)
		part.Starts[i].Beside = beside
		part.MostInFlight = max(part.MostInFlight, 1+len(beside))
	}
	return part
}

// Took is the time from the first start to the last settling.
func (r *Record[S]) Took() time.Duration {
	if len(r.Starts) == 0 {
		return 0
	}
	var last time.Time
	for _, settled := range r.Settled {
		if settled.After(last) {
			last = settled
		}
	}
	return last.Sub(r.Starts[0].At)
}

// Note takes what has become of an environment into the record.
func (r *Record[S]) Note(system System[S], event watch.EventType, object runtime.Object) error {
	of, ok := object.(*unstructured.Unstructured)
	if !ok {
		return fmt.Errorf("a watch of %ss told of %T", system.Kind.Kind, object)
	}
	name := of.GetName()
	if event == watch.Deleted {
		delete(r.Environments, name)
		delete(r.InFlight, name)
		return nil
	}
	now, err := system.Read(of)
	if err != nil {
		return fmt.Errorf("%s %s: %w", system.Kind.Kind, name, err)
	}
	before, known := r.Environments[name]
	r.Environments[name] = now
	switch {
	case known && system.Began(before, now):
		delete(r.InFlight, name)
		r.Starts = append(r.Starts, Began{Environment: name, At: time.Now(), Beside: slices.Sorted(maps.Keys(r.InFlight))})
		r.InFlight[name] = true
	case r.InFlight[name] && system.Done(now):
		delete(r.InFlight, name)
		r.Settled[name] = time.Now()
	}
	r.MostInFlight = max(r.MostInFlight, len(r.InFlight))
	return nil
}

func (r *Record[S]) noteDeployment(event watch.EventType, object runtime.Object) error {
	of, ok := object.(*appsv1.Deployment)
	if !ok {
		return fmt.Errorf("a watch of Deployments told of %T", object)
	}
	if event == watch.Deleted || RolledOut(of) {
		delete(r.Rolling, of.Namespace)
	} else {
		r.Rolling[of.Namespace] = true
	}
	r.MostRolling = max(r.MostRolling, len(r.Rolling))
	return nil
}

// RolledOut says whether a Deployment is what its spec says.
func RolledOut(of *appsv1.Deployment) bool {
	return of.Status.ObservedGeneration == of.Generation && of.Status.UpdatedReplicas == *of.Spec.Replicas
}

// Summary is the record in figures.
func (r *Record[S]) Summary() string {
	return fmt.Sprintf("%d starts of %d environments; most in flight %d, most Deployments rolling %d; %.1f s",
		len(r.Starts), len(r.Started()), r.MostInFlight, r.MostRolling, r.Took().Seconds())
}

func (r *Record[S]) copied() Record[S] {
	c := *r
	c.Environments, c.InFlight, c.Rolling = maps.Clone(r.Environments), maps.Clone(r.InFlight), maps.Clone(r.Rolling)
	c.Starts, c.Settled = slices.Clone(r.Starts), maps.Clone(r.Settled)
	return c
}
