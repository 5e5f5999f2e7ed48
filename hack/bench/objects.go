package main

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const (
	fleetNamespace     = "fleet-default"
	placementNamespace = "default"
	// perDecision is how many clusters Open Cluster Management puts into one PlacementDecision.
	perDecision = 100
)

// fields are those of an object, or of a part of one.
type fields = map[string]any

// clusterName is the name of a cluster in every inventory.
func clusterName(number int) string { return fmt.Sprintf("cluster-%06d", number) }

// clusterLabels are the labels of a cluster in every inventory. The first ten are picked, and
// the first hundred a hundred.
func clusterLabels(number int) map[string]string {
	labels := map[string]string{
		"region": fmt.Sprintf("region-%d", number%20),
		"tier":   []string{"production", "staging"}[number%2],
	}
	if number < 10 {
		labels["fleet"] = "picked"
	}
	if number < 100 {
		labels["hundred"] = "yes"
	}
	return labels
}

// clusterSecret is a cluster of Argo CD.
func clusterSecret(number int) client.Object {
	name := clusterName(number)
	labels := clusterLabels(number)
	labels["argocd.argoproj.io/secret-type"] = "cluster"
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: cluster.ArgoCDNamespace, Name: name, Labels: labels},
		Type:       corev1.SecretTypeOpaque,
		Data: map[string][]byte{
			"name": []byte(name), "server": []byte(serverOf(name)), "config": []byte(`{"bearerToken":"` + name + `"}`),
		},
	}
}

func serverOf(name string) string { return "https://" + name + ".example.com:6443" }

// fleetCluster is a Cluster of Rancher Fleet.
func fleetCluster(number int) client.Object {
	return custom("fleet.cattle.io/v1alpha1", "Cluster", fleetNamespace, clusterName(number), clusterLabels(number), fields{
		"spec": fields{"clientID": clusterName(number)},
	})
}

// managedCluster is a cluster of Open Cluster Management, in the set "default".
func managedCluster(number int) client.Object {
	labels := clusterLabels(number)
	labels["cluster.open-cluster-management.io/clusterset"] = "default"
	return custom("cluster.open-cluster-management.io/v1", "ManagedCluster", "", clusterName(number), labels, fields{
		"spec": fields{"hubAcceptsClient": true},
	})
}

// placement returns a Placement of all clusters, and what binds the set "default" to it.
func placement() []unstructured.Unstructured {
	const version = "cluster.open-cluster-management.io/v1beta2"
	return []unstructured.Unstructured{
		*custom(version, "ManagedClusterSet", "", "default", nil, fields{
			"spec": fields{"clusterSelector": fields{"selectorType": "ExclusiveClusterSetLabel"}},
		}),
		*custom(version, "ManagedClusterSetBinding", placementNamespace, "default", nil, fields{"spec": fields{"clusterSet": "default"}}),
		*custom("cluster.open-cluster-management.io/v1beta1", "Placement", placementNamespace, "all", nil, fields{"spec": fields{}}),
	}
}

// decision is a PlacementDecision: the next hundred clusters of the Placement.
func decision(number int) client.Object {
	decisions := make([]any, perDecision)
	for i := range decisions {
		decisions[i] = fields{"clusterName": clusterName(number*perDecision + i), "reason": ""}
	}
	labels := map[string]string{
		"cluster.open-cluster-management.io/placement":            "all",
		"cluster.open-cluster-management.io/decision-group-index": "0",
		"cluster.open-cluster-management.io/decision-group-name":  "",
	}
	return custom("cluster.open-cluster-management.io/v1beta1", "PlacementDecision", placementNamespace,
		fmt.Sprint("all-", number), labels, fields{"status": fields{"decisions": decisions}})
}

// application is an Argo CD Application that an ApplicationSet owns.
func application(name, owner string, uid types.UID) *unstructured.Unstructured {
	app := custom("argoproj.io/v1alpha1", "Application", cluster.ArgoCDNamespace, name, map[string]string{"fleet": "bench"}, fields{
		"spec": fields{
			"project":     "default",
			"source":      fields{"repoURL": "https://git.example.com/app.git", "targetRevision": "v1.0.0", "path": "envs/" + name},
			"destination": fields{"server": serverOf(name), "namespace": "app"},
		},
		"status": fields{
			"health": fields{"status": "Healthy"},
			"sync":   fields{"status": "Synced", "revision": "0123456789abcdef0123456789abcdef01234567"},
		},
	})
	app.SetOwnerReferences([]metav1.OwnerReference{{
		APIVersion: "argoproj.io/v1alpha1", Kind: "ApplicationSet", Name: owner, UID: uid, Controller: new(true), BlockOwnerDeletion: new(true),
	}})
	return app
}

// custom is a custom resource.
func custom(apiVersion, kind, namespace, name string, labels map[string]string, content fields) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: content}
	object.SetAPIVersion(apiVersion)
	object.SetKind(kind)
	object.SetNamespace(namespace)
	object.SetName(name)
	object.SetLabels(labels)
	return object
}

// written is when the rollouts that are updated were made.
func written() metav1.Time { return metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) }
