package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const (
	startsPolicy = `apiVersion: seawall.dev/v1alpha1
kind: WavePolicy
metadata: {name: starts}
spec:
  match: {kinds: [{group: argoproj.io, kind: Application}]}
  maxWaveFailureProbability: "0.2"
  successRate: {default: "0.99"}
  syncGate:
    groupBy: [{source: ApplicationLabel, key: fleet}]
`
	waveColumns = "POLICY:.spec.policyName,GROUP:.spec.group[*],INFLIGHT:.status.inFlightCount,PEAK:.status.peak,HALTED:.status.haltedBy"
	shops       = 100
	shopsBegin  = 22 // of which one or more fail with a probability of 0.198
	controller  = "system:serviceaccount:argocd:argocd-application-controller"
	oldRevision = "8c5f1c0a"
	newRevision = "e4d909c2"
)

// gated is step 5: a commit, after which Argo CD starts all syncs at once. What its controller would write is
// written by the demo.
func (s *story) gated(ctx context.Context) error {
	s.step("A commit moves, and no rollout is written: Argo CD starts the syncs of 100 Applications at once.")
	output, err := s.kubectl(ctx, startsPolicy, "apply", "-f", "-")
	if err != nil {
		return err
	}
	if err := expect(output, 0, "wavepolicy.seawall.dev/starts created"); err != nil {
		return err
	}
	fleet, err := newFleet(s.cluster)
	if err != nil {
		return err
	}
	if err := fleet.create(ctx); err != nil {
		return err
	}
	if err := s.holds(ctx, fleet); err != nil {
		return err
	}
	begun, held, err := fleet.start(ctx)
	if err != nil {
		return err
	}
	s.output(fmt.Sprintf("%d starts at once: %d begin, %d are held", shops, len(begun), len(held)))
	if len(begun) != shopsBegin || len(held) != shops-shopsBegin {
		return fmt.Errorf("%d starts began and %d were held: want %d and %d", len(begun), len(held), shopsBegin, shops-shopsBegin)
	}
	return s.halted(ctx, fleet, begun[0], held[0])
}

// halted is the end of it: one fails, and the others wait for it.
func (s *story) halted(ctx context.Context, fleet *fleet, failed, held string) error {
	s.note("One of them is synced, and broken. From then on:")
	if err := fleet.fail(ctx, failed); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		denial := fleet.begin(ctx, held)
		if denial != nil && strings.Contains(denial.Error(), "failed ("+failed+")") {
			s.output(denial.Error())
			return s.kubectlUntil(ctx, failed, "get", "waves", "-o", "custom-columns="+waveColumns)
		}
		if err := wait(ctx); err != nil {
			return fmt.Errorf("the failure of %s halts nothing: %w (%w)", failed, err, denial)
		}
	}
}

// holds waits until the webhook judges starts by the policy.
func (s *story) holds(ctx context.Context, fleet *fleet) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	judged := make(chan error, 1)
	go func() {
		_, err := s.webhook.WaitForLog(ctx, func(fields map[string]any) bool {
			return fields["operation"] == "START" && fields["policy"] == "starts"
		})
		judged <- err
	}()
	for {
		if err := fleet.begin(ctx, shopName(1), client.DryRunAll); err != nil {
			return err
		}
		select {
		case err := <-judged:
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// fleet is the Applications of a fleet, written as Argo CD does.
type fleet struct{ argoCD client.Client }

func newFleet(c *cluster.Cluster) (*fleet, error) {
	config := rest.CopyConfig(c.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: controller, Groups: []string{"system:masters"}}
	argoCD, err := client.New(config, client.Options{})
	return &fleet{argoCD}, err
}

func shopName(number int) string { return fmt.Sprintf("shop-%03d", number) }

func shop(name string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
		"spec": map[string]any{
			"project": "default", "source": shopSource(), "syncPolicy": map[string]any{"automated": map[string]any{}},
			"destination": map[string]any{"server": "https://" + name + ".example.com:6443", "namespace": "shop"},
		},
		"status": shopStatus("Healthy", oldRevision),
	}}
	object.SetNamespace(cluster.ArgoCDNamespace)
	object.SetName(name)
	object.SetLabels(map[string]string{"fleet": "shops"})
	return object
}

func shopSource() map[string]any {
	return map[string]any{"repoURL": "https://git.example.com/shops.git", "targetRevision": "main", "path": "shop"}
}

// shopStatus is that of an Application that was compared with a revision a moment ago.
func shopStatus(health, revision string) map[string]any {
	return map[string]any{
		"sync": map[string]any{
			"status": "Synced", "revision": revision,
			"comparedTo": map[string]any{"source": shopSource(), "destination": map[string]any{}},
		},
		"health":       map[string]any{"status": health},
		"reconciledAt": time.Now().Add(time.Second).UTC().Format(time.RFC3339),
	}
}

func (f *fleet) create(ctx context.Context) error {
	for number := range shops {
		if err := f.argoCD.Create(ctx, shop(shopName(number+1))); err != nil {
			return err
		}
	}
	return nil
}

// start begins the syncs of all, and returns the names of those that have begun and of those that are held.
func (f *fleet) start(ctx context.Context) (begun, held []string, err error) {
	var group sync.WaitGroup
	answers := make([]error, shops)
	for number := range shops {
		group.Go(func() { answers[number] = f.answered(ctx, shopName(number+1)) })
	}
	group.Wait()
	for number, answer := range answers {
		switch {
		case answer == nil:
			begun = append(begun, shopName(number+1))
		case apierrors.IsForbidden(answer):
			held = append(held, shopName(number+1))
		default:
			err = errors.Join(err, answer)
		}
	}
	return begun, held, err
}

// answered begins the sync of one, and tries again as Argo CD does where nobody answers in time.
func (f *fleet) answered(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := f.begin(ctx, name)
		if err == nil || apierrors.IsForbidden(err) || wait(ctx) != nil {
			return err
		}
	}
}

// begin begins the sync of one.
func (f *fleet) begin(ctx context.Context, name string, options ...client.PatchOption) error {
	const operation = `{"operation": {"sync": {"revision": "` + newRevision + `"}, "initiatedBy": {"automated": true}}}`
	return f.argoCD.Patch(ctx, shop(name), client.RawPatch(types.MergePatchType, []byte(operation)), options...)
}

// fail ends the sync of one, whose objects are applied and do not work.
func (f *fleet) fail(ctx context.Context, name string) error {
	stored := shop(name)
	if err := f.argoCD.Get(ctx, client.ObjectKeyFromObject(stored), stored); err != nil {
		return err
	}
	delete(stored.Object, "operation")
	now := time.Now().UTC().Format(time.RFC3339)
	status := shopStatus("Degraded", newRevision)
	status["operationState"] = map[string]any{
		"phase": "Succeeded", "startedAt": now, "finishedAt": now,
		"operation":  map[string]any{"sync": map[string]any{"revision": newRevision}},
		"syncResult": map[string]any{"revision": newRevision, "source": shopSource()},
	}
	stored.Object["status"] = status
	return f.argoCD.Update(ctx, stored)
}
