package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const fluxSystem = "flux-system"

// fluxGate is an API server with Flux's definitions and no others, of whose objects the specs write the status as
// Flux's controllers do.
type fluxGate struct {
	*gated

	// kustomize and helm write as the controllers.
	kustomize, helm client.Client
}

func startFluxGate(ctx context.Context) *fluxGate {
	GinkgoHelper()
	own, err := cluster.Start(ctx, cluster.Options{Progress: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(own.Stop)
	Expect(own.InstallCRDs(ctx, "flux")).To(Succeed())
	started := &fluxGate{gated: &gated{plane: own}}
	started.webhook, err = own.StartWebhook(ctx, cluster.WebhookOptions{Values: map[string]any{
		"syncGate": map[string]any{
			"enabled": true, "nudge": true, "exempt": []any{"flux-system/seawall"}, "flux": map[string]any{"enabled": true},
		},
		"policies": map[string]any{"default": nil},
	}})
	Expect(err).NotTo(HaveOccurred())
	started.admin, err = client.New(own.Config, client.Options{Scheme: api.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	started.kustomize = started.as("system:serviceaccount:flux-system:kustomize-controller")
	started.helm = started.as("system:serviceaccount:flux-system:helm-controller")
	Expect(started.admin.Create(ctx, fluxObject("v1", "Namespace", fluxSystem, nil))).To(Succeed())
	policy := newPolicy("three", "0.03", nil)
	policy.Spec.SyncGate = &v1alpha1.SyncGate{}
	policy.Spec.Match = &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{
		{Group: "kustomize.toolkit.fluxcd.io", Kind: "Kustomization"}, {Group: "helm.toolkit.fluxcd.io", Kind: "HelmRelease"},
	}}
	Expect(started.admin.Create(ctx, policy)).To(Succeed())
	return started
}

func fluxObject(version, kind, name string, spec map[string]any) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": version, "kind": kind, "metadata": map[string]any{"name": name}}}
	if spec != nil {
		object.SetNamespace(fluxSystem)
		object.Object["spec"] = spec
	}
	return object
}

func kustomization(name, source string) *unstructured.Unstructured {
	return fluxObject("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, map[string]any{
		"interval": "10m", "path": "./" + name, "prune": true, "wait": true,
		"sourceRef": map[string]any{"kind": "GitRepository", "name": source},
	})
}

// commit is how Flux writes a revision of a branch.
func commit(revision string) string { return "main@sha1:" + revision }

// write merges a status into that of an object, as whoever writes it.
func (*fluxGate) write(ctx context.Context, by client.Client, object *unstructured.Unstructured, status map[string]any, options ...client.SubResourcePatchOption) error {
	body, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	return by.Status().Patch(ctx, object.DeepCopy(), client.RawPatch(types.MergePatchType, body), options...)
}

// artifact has a source offer a revision.
func (g *fluxGate) artifact(ctx context.Context, source *unstructured.Unstructured, revision string) {
	GinkgoHelper()
	Expect(g.write(ctx, g.admin, source, map[string]any{"artifact": map[string]any{
		"revision": revision, "digest": "sha256:0000", "lastUpdateTime": time.Now().UTC().Format(time.RFC3339),
		"path": "a.tar.gz", "url": "http://source/a.tar.gz",
	}})).To(Succeed())
}

// conditions are those of an object that is Ready or not, and of what is being done.
func conditions(ready, reason, doing string) []any {
	one := func(of, status, reason, message string) any {
		return map[string]any{
			"type": of, "status": status, "reason": reason, "message": message, "lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
		}
	}
	all := []any{one("Ready", ready, reason, "as it says")}
	if doing != "" {
		all = append(all, one("Reconciling", "True", "Progressing", doing))
	}
	return all
}

// fetch is the first that kustomize-controller writes of a reconciliation.
func (g *fluxGate) fetch(ctx context.Context, name, revision string, options ...client.SubResourcePatchOption) error {
	return g.write(ctx, g.kustomize, kustomization(name, ""), map[string]any{
		"conditions": conditions("Unknown", "Progressing", "Fetching manifests for revision "+commit(revision)+" with a timeout of 5m0s"),
	}, options...)
}

// attempt is the second, before anything is applied.
func (g *fluxGate) attempt(ctx context.Context, name, revision string) error {
	return g.write(ctx, g.kustomize, kustomization(name, ""), map[string]any{
		"lastAttemptedRevision": commit(revision),
		"conditions":            conditions("Unknown", "Progressing", "Building manifests for revision "+commit(revision)+" with a timeout of 5m0s"),
	})
}

// succeed is the last, after all is healthy.
func (g *fluxGate) succeed(ctx context.Context, name, revision string) error {
	return g.write(ctx, g.kustomize, kustomization(name, ""), map[string]any{
		"lastAttemptedRevision": commit(revision), "lastAppliedRevision": commit(revision),
		"conditions": conditions("True", "ReconciliationSucceeded", ""),
	})
}

// fail is the last where something is not.
func (g *fluxGate) fail(ctx context.Context, name, reason string) error {
	return g.write(ctx, g.kustomize, kustomization(name, ""), map[string]any{"conditions": conditions("False", reason, "retrying")})
}

// kustomizations creates a source at revision a and so many that have applied it, and returns their names.
func (g *fluxGate) kustomizations(ctx context.Context, source string, n int) []string {
	GinkgoHelper()
	repository := gitRepository(source)
	Expect(g.admin.Create(ctx, repository)).To(Succeed())
	g.artifact(ctx, repository, commit("a"))
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%02d", source, i)
		Expect(g.admin.Create(ctx, kustomization(names[i], source))).To(Succeed())
		g.start(ctx, names[i], "a")
		Expect(g.succeed(ctx, names[i], "a")).To(Succeed())
	}
	return names
}

func gitRepository(name string) *unstructured.Unstructured {
	return fluxObject("source.toolkit.fluxcd.io/v1", "GitRepository", name, map[string]any{"interval": "1m", "url": "https://git.example.com/" + name})
}

// start starts one that has room, or will have.
func (g *fluxGate) start(ctx context.Context, name, revision string) {
	GinkgoHelper()
	Eventually(func() error { return g.fetch(ctx, name, revision) }).WithTimeout(20 * second).Should(Succeed())
	Expect(g.attempt(ctx, name, revision)).To(Succeed())
}

// wave returns the status of the Wave of what follows a source.
func (g *fluxGate) wave(ctx context.Context, source string) v1alpha1.WaveStatus {
	GinkgoHelper()
	for _, wave := range g.waves(ctx) {
		if len(wave.Spec.Group) == 1 && wave.Spec.Group[0] == source {
			return wave.Status
		}
	}
	return v1alpha1.WaveStatus{}
}

// requested returns when Flux was last asked to look at an object.
func (g *fluxGate) requested(ctx context.Context, of schema.GroupVersionKind, name string) string {
	GinkgoHelper()
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(of)
	Expect(g.admin.Get(ctx, client.ObjectKey{Namespace: fluxSystem, Name: name}, object)).To(Succeed())
	return object.GetAnnotations()["reconcile.fluxcd.io/requestedAt"]
}
