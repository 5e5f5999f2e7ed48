package main

import (
	"encoding/json"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// ownerUID is that of the rollouts that are updated.
const ownerUID types.UID = "6f1c1f0e-6d35-4c0e-9a53-3f3a4d1f6b10"

// rollout makes an object whose environments all change with its revision.
type rollout func(revision string) *unstructured.Unstructured

// creation is the review of a new rollout.
func creation(of rollout) []byte { return review(of("v1.0.0"), nil) }

// update is the review of a rollout that exists and gets another revision.
func update(of rollout) []byte {
	var sides [2]*unstructured.Unstructured
	for i := range sides {
		sides[i] = of(fmt.Sprintf("v1.%d.0", i))
		sides[i].SetUID(ownerUID)
		sides[i].SetCreationTimestamp(written())
		sides[i].SetGeneration(int64(i + 1))
	}
	return review(sides[1], sides[0])
}

// list is an ApplicationSet of n elements.
func list(n int) rollout {
	return applicationSet(fields{"list": fields{"elements": elements(n)}}, "{{.name}}")
}

func elements(n int) []any {
	all := make([]any, n)
	for i := range all {
		name := fmt.Sprintf("tenant-%03d", i)
		all[i] = fields{"name": name, "server": serverOf(name)}
	}
	return all
}

// clusters is an ApplicationSet over the clusters with a label.
func clusters(key, value string) rollout { return applicationSet(selected(key, value), "{{.name}}") }

// allClusters is an ApplicationSet over all cluster Secrets: its selector matches each of them,
// because without one the local cluster counts too.
func allClusters() rollout { return clusters("argocd.argoproj.io/secret-type", "cluster") }

func selected(key, value string) fields {
	return fields{"clusters": fields{"selector": fields{"matchLabels": fields{key: value}}}}
}

// matrix is an ApplicationSet of each of 100 applications on each of 100 clusters.
func matrix() rollout {
	components := make([]any, 100)
	for i := range components {
		components[i] = fields{"component": fmt.Sprintf("component-%02d", i)}
	}
	return applicationSet(fields{"matrix": fields{"generators": []any{
		selected("hundred", "yes"), fields{"list": fields{"elements": components}},
	}}}, "{{.component}}-{{.name}}")
}

// directories is an ApplicationSet over the folders of a git repository: its environments are
// the Applications that it owns.
func directories() rollout {
	return applicationSet(fields{"git": fields{
		"repoURL": "https://git.example.com/envs.git", "revision": "HEAD", "directories": []any{fields{"path": "envs/*"}},
	}}, "{{.path.basename}}")
}

// applicationSet is one with a generator, in waves that the chart's policy allows.
func applicationSet(generator fields, name string) rollout {
	return func(revision string) *unstructured.Unstructured {
		return claiming(custom("argoproj.io/v1alpha1", "ApplicationSet", cluster.ArgoCDNamespace, "bench", nil, fields{
			"spec": fields{
				"goTemplate": true, "goTemplateOptions": []any{"missingkey=error"},
				"generators": []any{generator},
				"strategy": fields{
					"type":        "RollingSync",
					"rollingSync": fields{"steps": []any{fields{"maxUpdate": int64(20)}}},
				},
				"template": fields{
					"metadata": fields{"name": name, "labels": fields{"fleet": "bench"}},
					"spec": fields{
						"project":     "default",
						"source":      fields{"repoURL": "https://git.example.com/app.git", "targetRevision": revision, "path": "envs/" + name},
						"destination": fields{"server": "{{.server}}", "namespace": "app"},
					},
				},
			},
		}))
	}
}

// bundle is a Bundle of Rancher Fleet with so many KiB of manifests, over the clusters with
// labels.
func bundle(kibibytes int, labels fields) rollout {
	return func(revision string) *unstructured.Unstructured {
		filler := strings.Repeat("# what a chart of some size brings along, line by line\n", kibibytes*1024/55)
		return claiming(custom("fleet.cattle.io/v1alpha1", "Bundle", fleetNamespace, "bench", nil, fields{
			"spec": fields{
				"resources":       []any{fields{"name": "app.yaml", "content": filler + "revision: " + revision + "\n"}},
				"targets":         []any{fields{"clusterSelector": fields{"matchLabels": labels}}},
				"rolloutStrategy": fields{"maxUnavailable": int64(20)},
			},
		}))
	}
}

// replicaSet is a ManifestWorkReplicaSet of Open Cluster Management over all clusters.
func replicaSet(revision string) *unstructured.Unstructured {
	strategy := fields{"type": "Progressive", "progressive": fields{"maxConcurrency": int64(20)}}
	return claiming(custom("work.open-cluster-management.io/v1alpha1", "ManifestWorkReplicaSet", placementNamespace, "bench", nil, fields{
		"spec": fields{
			"placementRefs": []any{fields{"name": "all", "rolloutStrategy": strategy}},
			"manifestWorkTemplate": fields{"workload": fields{"manifests": []any{fields{
				"apiVersion": "v1", "kind": "ConfigMap", "metadata": fields{"name": "app", "namespace": "default"},
				"data": fields{"revision": revision},
			}}}},
		},
	}))
}

// claiming says which success rate the author claims.
func claiming(object *unstructured.Unstructured) *unstructured.Unstructured {
	object.SetAnnotations(map[string]string{"seawall.dev/sync-success-rate": "0.99"})
	return object
}

// review is the AdmissionReview of a rollout as it is written, and as it was if it was.
func review(object, old *unstructured.Unstructured) []byte {
	kind := object.GroupVersionKind()
	request := &admissionv1.AdmissionRequest{
		UID: "bench", Operation: admissionv1.Create, Namespace: object.GetNamespace(), Name: object.GetName(),
		Kind:     metav1.GroupVersionKind{Group: kind.Group, Version: kind.Version, Kind: kind.Kind},
		Resource: metav1.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: strings.ToLower(kind.Kind) + "s"},
		UserInfo: authenticationv1.UserInfo{Username: "bench"},
		Object:   runtime.RawExtension{Raw: mustMarshal(object.Object)},
	}
	if old != nil {
		request.Operation, request.OldObject = admissionv1.Update, runtime.RawExtension{Raw: mustMarshal(old.Object)}
	}
	return mustMarshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request:  request,
	})
}

// mustMarshal encodes what this program itself made of strings and numbers.
func mustMarshal(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return encoded
}
