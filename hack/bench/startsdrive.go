package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// driven is what became of the starts.
type driven struct {
	lock           sync.Mutex
	admitted, held int
	// unanswered are those that the webhook did not answer in time, or could not judge.
	unanswered int
	errs       []error
	// latencies are those of the writes that begin syncs, API server and etcd among them.
	latencies sample
	elapsed   time.Duration
	// inFlight are those of each group that were admitted and whose end was not yet written, and most the
	// largest of these numbers: no more than there really were.
	inFlight []int
	most     int
}

// drive starts Applications, one group after the other, when they are due, and ends each.
func (s *starting) drive(ctx context.Context) (*driven, error) {
	result := &driven{inFlight: make([]int, s.groups)}
	interval := time.Second / time.Duration(s.rate)
	var group sync.WaitGroup
	began := time.Now()
	for number := range int(s.lasts / interval) {
		due := began.Add(time.Duration(number) * interval)
		time.Sleep(time.Until(due))
		group.Go(func() { s.roll(ctx, number%s.applications, due, result) })
	}
	result.elapsed = time.Since(began)
	group.Wait()
	return result, errors.Join(result.errs...)
}

// roll starts one Application, and ends its sync after a while.
func (s *starting) roll(ctx context.Context, number int, due time.Time, into *driven) {
	revision := fmt.Sprintf("%040x", due.UnixNano())
	err := s.patch(ctx, number, fields{
		"operation": fields{"sync": fields{"revision": revision}, "initiatedBy": fields{"automated": true}},
		"status":    fields{"operationState": nil},
	})
	if !into.began(number%s.groups, time.Since(due), err) {
		return
	}
	time.Sleep(s.rolling)
	into.ends(number % s.groups)
	now := time.Now().UTC().Format(time.RFC3339)
	ended := startedStatus(number, revision)
	ended["operationState"] = fields{
		"phase": "Succeeded", "startedAt": now, "finishedAt": now, "operation": fields{"sync": fields{"revision": revision}},
		"syncResult": fields{"revision": revision, "source": startedSource(number)},
	}
	if err := s.patch(ctx, number, fields{"operation": nil, "status": ended}); err != nil {
		into.fails(err)
	}
}

// began notes what became of a start, and tells whether it was admitted.
func (d *driven) began(group int, took time.Duration, err error) bool {
	d.lock.Lock()
	defer d.lock.Unlock()
	switch {
	case apierrors.IsForbidden(err):
		d.held++
	case apierrors.IsInternalError(err), apierrors.IsServiceUnavailable(err):
		d.unanswered++
	case err != nil:
		d.errs = append(d.errs, err)
	default:
		d.admitted++
		d.inFlight[group]++
		d.most = max(d.most, d.inFlight[group])
	}
	d.latencies.latencies = append(d.latencies.latencies, took)
	return err == nil
}

func (d *driven) ends(group int) {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.inFlight[group]--
}

func (d *driven) fails(err error) {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.errs = append(d.errs, err)
}

func (s *starting) patch(ctx context.Context, number int, change fields) error {
	text, err := yaml.Marshal(change)
	if err == nil {
		text, err = yaml.YAMLToJSON(text)
	}
	if err != nil {
		return err
	}
	object := &unstructured.Unstructured{Object: fields{"apiVersion": "argoproj.io/v1alpha1", "kind": "Application"}}
	object.SetNamespace(cluster.ArgoCDNamespace)
	object.SetName(startedName(number))
	return s.argoCD.Patch(ctx, object, client.RawPatch(types.MergePatchType, text))
}

func startedName(number int) string { return fmt.Sprintf("app-%06d", number) }

func startedSource(number int) fields {
	return fields{"repoURL": "https://git.example.com/app.git", "targetRevision": "main", "path": "envs/" + startedName(number)}
}

// startedStatus is that of an Application that is well at a revision.
func startedStatus(number int, revision string) fields {
	return fields{
		"sync": fields{
			"status": "Synced", "revision": revision,
			"comparedTo": fields{"source": startedSource(number), "destination": fields{"server": serverOf("in-cluster"), "namespace": "app"}},
		},
		"health":       fields{"status": "Healthy"},
		"reconciledAt": time.Now().Add(time.Second).UTC().Format(time.RFC3339),
	}
}

// application is the one of a number, at its first revision.
func (s *starting) application(number int) client.Object {
	owner := number % s.groups
	object := application(startedName(number), rolloutName(owner), rolloutUID(owner))
	object.Object["spec"] = fields{
		"project": "default", "source": startedSource(number),
		"destination": fields{"server": serverOf("in-cluster"), "namespace": "app"},
		"syncPolicy":  fields{"automated": fields{}},
	}
	object.Object["status"] = startedStatus(number, fmt.Sprintf("%040x", 1))
	return object
}

// peak returns the largest number that any ledger has seen in flight; there must be one of each group.
func (s *starting) peak(ctx context.Context) (int, error) {
	var waves v1alpha1.WaveList
	if err := s.admin.List(ctx, &waves); err != nil {
		return 0, err
	}
	most := int32(0)
	for i := range waves.Items {
		if peak := waves.Items[i].Status.Peak; peak != nil {
			most = max(most, *peak)
		}
	}
	if len(waves.Items) != s.groups && !s.ungated {
		return 0, fmt.Errorf("there are %d Waves: want %d", len(waves.Items), s.groups)
	}
	return int(most), nil
}
