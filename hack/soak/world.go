package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	stableLimit   = "0.2"
	flappingLabel = "flapping"
	// steadyClusters are those that never change, of which some groups have fixed sizes; beside them comers come and go
	// among leastFlapping and one more for each of them.
	steadyClusters = 60
	leastFlapping  = 20
	comers         = 5
)

// sizes are those of the groups of clusters: at 0.99 each, 22 are within a limit of 0.2 and 23 are not.
var sizes = []int{1, 5, 22, 23, 40, 60} //nolint:gochecknoglobals // a constant, but for the language

// world is the control plane with all that reviews are about.
type world struct {
	plane *cluster.Cluster
	api   client.Client
	// fleet says that Rancher Fleet's definitions are to be had.
	fleet bool
	told  io.Writer
}

func newWorld(ctx context.Context, told io.Writer) (*world, error) {
	plane, err := cluster.Start(ctx, cluster.Options{Progress: told})
	if err != nil {
		return nil, err
	}
	w := &world{plane: plane, told: told}
	if err := w.fill(ctx); err != nil {
		return nil, errors.Join(err, plane.Stop())
	}
	return w, nil
}

func (w *world) fill(ctx context.Context) error {
	scheme := runtime.NewScheme()
	err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme))
	if err != nil {
		return err
	}
	if w.api, err = client.New(w.plane.Config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	if err := w.plane.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io", "applications.argoproj.io"); err != nil {
		return err
	}
	if err := w.plane.Fill(ctx, 0, steadyClusters+leastFlapping+comers, clusterSecret); err != nil {
		return err
	}
	err = w.fillFleet(ctx)
	if errors.Is(err, cluster.ErrUnavailable) {
		_, _ = fmt.Fprintln(w.told, "without Bundles:", err)
		return nil
	}
	w.fleet = err == nil
	return err
}

func (w *world) fillFleet(ctx context.Context) error {
	if err := w.plane.InstallCRDs(ctx, "fleet"); err != nil {
		return err
	}
	namespace := unstructured.Unstructured{Object: fields{"apiVersion": "v1", "kind": "Namespace", "metadata": fields{"name": fleetNamespace}}}
	if err := w.plane.Apply(ctx, namespace); err != nil {
		return err
	}
	return w.plane.Fill(ctx, 0, steadyClusters, fleetCluster)
}

// policies are those of the soak: one that stays, one whose limit is another now and then, and one that gates.
func policies() []*v1alpha1.WavePolicy {
	named := func(name, limit, selects string) *v1alpha1.WavePolicy {
		policy := &v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
		policy.Spec.MaxWaveFailureProbability = v1alpha1.Probability(limit)
		policy.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.99"}
		policy.Spec.Match = &v1alpha1.WavePolicyMatch{ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{label: selects}}}
		return policy
	}
	gate := named(gated, gatedLimit, gated)
	gate.Spec.SyncGate = &v1alpha1.SyncGate{}
	return []*v1alpha1.WavePolicy{named(stable, stableLimit, stable), named(changing, limits[0], changing), gate}
}

// clusterLabels are the labels of a cluster of any inventory: of each group that it is in.
func clusterLabels(number int) map[string]string {
	labels := map[string]string{}
	for _, size := range sizes {
		if number < size {
			labels["of-"+strconv.Itoa(size)] = "yes"
		}
	}
	if number >= steadyClusters && number < steadyClusters+leastFlapping {
		labels[flappingLabel] = "yes"
	}
	return labels
}

func clusterName(number int) string { return fmt.Sprintf("cluster-%03d", number) }

func clusterSecret(number int) client.Object {
	labels := clusterLabels(number)
	labels["argocd.argoproj.io/secret-type"] = "cluster"
	return object("v1", "Secret", cluster.ArgoCDNamespace, clusterName(number), labels, fields{
		"type": "Opaque",
		"data": fields{"name": []byte(clusterName(number)), "server": []byte("https://" + clusterName(number) + ".example.com")},
	})
}

func fleetCluster(number int) client.Object {
	return object("fleet.cattle.io/v1alpha1", "Cluster", fleetNamespace, clusterName(number), clusterLabels(number),
		fields{"spec": fields{"clientID": clusterName(number)}})
}

func object(version, kind, namespace, name string, labels map[string]string, content fields) *unstructured.Unstructured {
	of := &unstructured.Unstructured{Object: cloned(content)}
	of.SetAPIVersion(version)
	of.SetKind(kind)
	of.SetNamespace(namespace)
	of.SetName(name)
	of.SetLabels(labels)
	return of
}

// values are those of the chart: the soak's own policies, the gate, and what holds everywhere.
func values() map[string]any {
	return map[string]any{
		"policies": map[string]any{"default": nil},
		"syncGate": map[string]any{"enabled": true},
	}
}
