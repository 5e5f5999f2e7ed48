package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const (
	gated = "gated"
	// gatedLimit lets gatedLargest be in flight together at the policy's rate of 0.99.
	gatedLimit   = "0.03"
	gatedLargest = 3

	groups, perGroup = 6, 12
	startPeriod      = 200 * time.Millisecond
	// rolling is how long an environment takes.
	rolling = 3 * time.Second
	// freed is how long a slot may take to be free again, and backstop how long one may that a fault has left behind.
	freed, backstop = 5 * time.Second, 2 * time.Minute
	// controller is as whom Argo CD begins and ends syncs.
	controller = "system:serviceaccount:argocd:argocd-application-controller"
)

// starts are those of Applications, which a policy gates, through the API server.
type starts struct {
	soak   *soak
	argoCD client.Client

	lock sync.Mutex
	// busy are the Applications that roll, and ended is when others did.
	busy  map[string]bool
	ended map[string]time.Time
	// inFlight are those of each group, and most the largest of these numbers: no more than there really were.
	inFlight                [groups]int
	most                    int
	admitted, held, unknown int
}

// prepare makes ApplicationSets and their Applications, while nobody judges.
func (s *soak) prepareStarts(ctx context.Context) error {
	config := rest.CopyConfig(s.world.plane.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: controller, Groups: []string{"system:masters"}}
	argoCD, err := client.New(config, client.Options{})
	if err != nil {
		return err
	}
	s.starts = &starts{soak: s, argoCD: argoCD, busy: map[string]bool{}, ended: map[string]time.Time{}}
	for group := range groups {
		set := &unstructured.Unstructured{Object: cloned(applicationSet(groupName(group), gated, "0.99", elements(perGroup, 0), nil))}
		if err := s.world.api.Create(ctx, set); err != nil {
			return err
		}
		for number := range perGroup {
			if err := s.world.api.Create(ctx, application(set, appName(group, number))); err != nil {
				return err
			}
		}
	}
	return nil
}

func groupName(group int) string       { return fmt.Sprintf("group-%d", group) }
func appName(group, number int) string { return fmt.Sprintf("group-%d-%02d", group, number) }

func application(owner *unstructured.Unstructured, name string) *unstructured.Unstructured {
	app := object("argoproj.io/v1alpha1", "Application", cluster.ArgoCDNamespace, name, nil, fields{
		"spec": fields{
			"project": "default", "source": source(name), "syncPolicy": fields{"automated": fields{}},
			"destination": fields{"server": "https://kubernetes.default.svc", "namespace": "app"},
		},
		"status": wellAt(name, fmt.Sprintf("%040x", 1)),
	})
	_ = unstructured.SetNestedSlice(app.Object, []any{fields{
		"apiVersion": owner.GetAPIVersion(), "kind": owner.GetKind(), "name": owner.GetName(), "uid": string(owner.GetUID()),
		"controller": true, "blockOwnerDeletion": true,
	}}, "metadata", "ownerReferences")
	return app
}

func source(name string) fields {
	return fields{"repoURL": "https://git.example.com/app.git", "targetRevision": "main", "path": name}
}

// wellAt is the status of an Application that is synced and healthy at a revision.
func wellAt(name, revision string) fields {
	return fields{
		"health": fields{"status": "Healthy"}, "reconciledAt": time.Now().Add(time.Second).UTC().Format(time.RFC3339),
		"sync": fields{
			"status": "Synced", "revision": revision,
			"comparedTo": fields{
				"source": source(name), "destination": fields{"server": "https://kubernetes.default.svc", "namespace": "app"},
			},
		},
	}
}

// run starts one Application after the other until ctx is done, and returns when all have ended.
func (s *starts) run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	for number := 0; sleep(ctx, startPeriod) == nil; number++ {
		in, name := number%groups, appName(number%groups, number/groups%perGroup)
		s.lock.Lock()
		taken := s.busy[name]
		s.busy[name] = true
		s.lock.Unlock()
		if !taken {
			group.Go(func() { s.roll(context.WithoutCancel(ctx), in, name, fmt.Sprintf("%040x", number+2)) })
		}
	}
}

// roll starts one Application, and ends its sync after a while.
func (s *starts) roll(ctx context.Context, group int, name, revision string) {
	defer func() {
		s.lock.Lock()
		defer s.lock.Unlock()
		s.busy[name] = false
	}()
	of := &outcome{asked: asked{kind: "start", start: true}, sent: time.Now()}
	err := s.patch(ctx, name, fields{
		"operation": fields{"sync": fields{"revision": revision}, "initiatedBy": fields{"automated": true}},
		"status":    fields{"operationState": nil},
	})
	of.answered = time.Now()
	if err != nil && !apierrors.IsForbidden(err) {
		of.lost = err
		s.soak.reckoning.note(of, "")
		if s.landed(ctx, name, revision) {
			s.rolls(ctx, group, name, revision)
		}
		return
	}
	of.answer.allowed = err == nil
	s.soak.reckoning.note(of, s.wrong(of, group))
	if err == nil {
		s.rolls(ctx, group, name, revision)
	}
}

// wrong says what is wrong with the answer to a start: that too many are in flight is seen in most.
func (s *starts) wrong(of *outcome, group int) string {
	s.lock.Lock()
	defer s.lock.Unlock()
	if of.answer.allowed {
		s.admitted++
		return ""
	}
	s.held++
	recent := 0
	for number := range perGroup {
		name := appName(group, number)
		if s.busy[name] || time.Since(s.ended[name]) < freed {
			recent++
		}
	}
	// It is itself among those that are busy.
	if recent <= gatedLargest && !s.soak.reckoning.faulty(of.sent, of.answered, backstop) {
		return fmt.Sprintf("%s is held though no more than %d are in flight", groupName(group), recent-1)
	}
	return ""
}

// rolls has an Application be in flight for a while.
func (s *starts) rolls(ctx context.Context, group int, name, revision string) {
	s.lock.Lock()
	s.inFlight[group]++
	s.most = max(s.most, s.inFlight[group])
	s.lock.Unlock()
	time.Sleep(rolling)
	s.lock.Lock()
	s.inFlight[group]--
	s.lock.Unlock()
	status := wellAt(name, revision)
	now := time.Now().UTC().Format(time.RFC3339)
	status["operationState"] = fields{
		"phase": "Succeeded", "startedAt": now, "finishedAt": now, "operation": fields{"sync": fields{"revision": revision}},
		"syncResult": fields{"revision": revision, "source": source(name)},
	}
	err := eventually(ctx, func() error { return s.patch(ctx, name, fields{"operation": nil, "status": status}) })
	if err != nil {
		s.soak.reckoning.failf("the sync of %s can't be ended: %v", name, err)
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	s.ended[name] = time.Now()
}

// landed says whether a start that was not answered is stored all the same.
func (s *starts) landed(ctx context.Context, name, revision string) bool {
	s.lock.Lock()
	s.unknown++
	s.lock.Unlock()
	app := object("argoproj.io/v1alpha1", "Application", cluster.ArgoCDNamespace, name, nil, fields{})
	// What the API server still works on is stored by then, or never.
	err := sleep(ctx, timeout)
	if err == nil {
		err = eventually(ctx, func() error { return s.argoCD.Get(ctx, client.ObjectKeyFromObject(app), app) })
	}
	if err != nil {
		s.soak.reckoning.failf("whether %s has started can't be known: %v", name, err)
	}
	begun, _, _ := unstructured.NestedString(app.Object, "operation", "sync", "revision")
	return begun == revision
}

func (s *starts) patch(ctx context.Context, name string, change fields) error {
	return patch(ctx, s.argoCD, object("argoproj.io/v1alpha1", "Application", cluster.ArgoCDNamespace, name, nil, fields{}), change)
}
