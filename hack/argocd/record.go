package argocd

import (
	"fmt"
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// Began is one Application's sync that began.
type Began struct {
	Application string
	At          time.Time
}

// Record is what happened since a Recorder began, and how things stand.
type Record struct {
	// Applications are all of them, by name.
	Applications map[string]Application
	// Starts are in the order in which the API server stored them.
	Starts []Began
	// InFlight are the Applications that have started and were not synced and healthy since.
	InFlight map[string]bool
	// Rolling are the namespaces whose Deployment is not what its spec says.
	Rolling map[string]bool
	// MostInFlight and MostRolling are the greatest numbers of either at any instant.
	MostInFlight, MostRolling int
	// Settled is when the last Application that was in flight came out of it.
	Settled time.Time

	// revisions are in the order in which they were first seen.
	revisions []string
}

func newRecord() Record {
	return Record{Applications: map[string]Application{}, InFlight: map[string]bool{}, Rolling: map[string]bool{}}
}

// Started returns the names of the Applications that have started, each once, in that order.
func (r *Record) Started() (names []string) {
	for _, start := range r.Starts {
		if !slices.Contains(names, start.Application) {
			names = append(names, start.Application)
		}
	}
	return names
}

// Took is the time from the first start to the last settling.
func (r *Record) Took() time.Duration {
	if len(r.Starts) == 0 {
		return 0
	}
	return r.Settled.Sub(r.Starts[0].At)
}

func (r *Record) noteApplication(event watch.EventType, object runtime.Object) error {
	now, err := readApplication(object)
	if err != nil {
		return err
	}
	if event == watch.Deleted {
		delete(r.Applications, now.Name)
		delete(r.InFlight, now.Name)
		return nil
	}
	before, known := r.Applications[now.Name]
	r.Applications[now.Name] = now
	r.see(now.Revision)
	r.see(now.Synced)
	switch {
	case known && now.Operating && !before.Operating:
		r.Starts = append(r.Starts, Began{Application: now.Name, At: time.Now()})
		r.InFlight[now.Name] = true
	case r.InFlight[now.Name] && r.settled(now):
		delete(r.InFlight, now.Name)
		r.Settled = time.Now()
	}
	r.MostInFlight = max(r.MostInFlight, len(r.InFlight))
	return nil
}

// settled says whether an Application is done at what it applied, or at what came after it: a
// commit that does not concern an Application moves what it is compared with all the same.
func (r *Record) settled(now Application) bool {
	return now.done() && slices.Index(r.revisions, now.Revision) >= slices.Index(r.revisions, now.Synced)
}

func (r *Record) see(revision string) {
	if !slices.Contains(r.revisions, revision) {
		r.revisions = append(r.revisions, revision)
	}
}

func (r *Record) noteDeployment(event watch.EventType, object runtime.Object) error {
	of, ok := object.(*appsv1.Deployment)
	if !ok {
		return fmt.Errorf("a watch of Deployments told of %T", object)
	}
	if event == watch.Deleted || rolledOut(of) {
		delete(r.Rolling, of.Namespace)
	} else {
		r.Rolling[of.Namespace] = true
	}
	r.MostRolling = max(r.MostRolling, len(r.Rolling))
	return nil
}

func rolledOut(of *appsv1.Deployment) bool {
	return of.Status.ObservedGeneration == of.Generation && of.Status.UpdatedReplicas == *of.Spec.Replicas
}

// Summary is the record in figures.
func (r *Record) Summary() string {
	return fmt.Sprintf("%d starts of %d Applications; most in flight %d, most Deployments rolling %d; %.1f s",
		len(r.Starts), len(r.Started()), r.MostInFlight, r.MostRolling, r.Took().Seconds())
}

func (r *Record) copied() Record {
	c := *r
	c.Applications, c.InFlight, c.Rolling = maps.Clone(r.Applications), maps.Clone(r.InFlight), maps.Clone(r.Rolling)
	c.Starts, c.revisions = slices.Clone(r.Starts), slices.Clone(r.revisions)
	return c
}
