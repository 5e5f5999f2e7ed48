package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// creators is how many objects are created at once.
const creators = 32

// createAll creates the objects from..to-1.
func createAll(ctx context.Context, plane *cluster.Cluster, from, to int, object func(number int) client.Object) error {
	api, err := client.New(plane.Config, client.Options{Scheme: clientgoscheme.Scheme})
	if err != nil {
		return err
	}
	numbers := make(chan int)
	errs := make([]error, creators)
	var group sync.WaitGroup
	for i := range creators {
		group.Go(func() {
			for number := range numbers {
				errs[i] = errors.Join(errs[i], api.Create(ctx, object(number)))
			}
		})
	}
	for number := from; number < to; number++ {
		numbers <- number
	}
	close(numbers)
	group.Wait()
	return errors.Join(errs...)
}

// clusterSecret is a cluster of Argo CD; ten of them are labelled "picked".
func clusterSecret(number int) client.Object {
	name := fmt.Sprintf("cluster-%05d", number)
	labels := map[string]string{
		"argocd.argoproj.io/secret-type": "cluster",
		"region":                         fmt.Sprintf("region-%d", number%20),
		"tier":                           []string{"production", "staging"}[number%2],
	}
	if number < 10 {
		labels["fleet"] = "picked"
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: cluster.ArgoCDNamespace, Name: name, Labels: labels},
		StringData: map[string]string{
			"name": name, "server": "https://" + name + ".example.com:6443", "config": `{"bearerToken":"` + name + `"}`,
		},
	}
}

// listReview is the creation of an ApplicationSet of n elements.
func listReview(n int) []byte {
	elements := make([]any, n)
	for i := range elements {
		name := fmt.Sprintf("tenant-%03d", i)
		elements[i] = map[string]any{"name": name, "server": "https://" + name + ".example.com:6443"}
	}
	return review(map[string]any{"list": map[string]any{"elements": elements}})
}

// clustersReview is the creation of an ApplicationSet over the clusters of a fleet, or over
// all of them.
func clustersReview(fleet string) []byte {
	// A selector that matches every Secret, because without one the local cluster counts too.
	selector := map[string]any{"matchLabels": map[string]any{"argocd.argoproj.io/secret-type": "cluster"}}
	if fleet != "" {
		selector = map[string]any{"matchLabels": map[string]any{"fleet": fleet}}
	}
	return review(map[string]any{"clusters": map[string]any{"selector": selector}})
}

// applicationSet is one with a generator.
func applicationSet(name string, generator map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
		"metadata": map[string]any{
			"name": name, "namespace": cluster.ArgoCDNamespace,
			"annotations": map[string]any{"seawall.dev/sync-success-rate": "0.99"},
		},
		"spec": map[string]any{
			"goTemplate": true, "goTemplateOptions": []any{"missingkey=error"},
			"generators": []any{generator},
			"strategy": map[string]any{
				"type":        "RollingSync",
				"rollingSync": map[string]any{"steps": []any{map[string]any{"maxUpdate": 20}}},
			},
			"template": map[string]any{
				"metadata": map[string]any{"name": "{{.name}}", "labels": map[string]any{"fleet": "bench"}},
				"spec": map[string]any{
					"project":     "default",
					"source":      map[string]any{"repoURL": "https://git.example.com/app.git", "targetRevision": "v1.0.0", "path": "envs/{{.name}}"},
					"destination": map[string]any{"server": "{{.server}}", "namespace": "app"},
				},
			},
		},
	}
}

func review(generator map[string]any) []byte {
	object := applicationSet("bench", generator)
	return mustMarshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: "bench", Operation: admissionv1.Create, Namespace: cluster.ArgoCDNamespace, Name: "bench",
			Kind:     metav1.GroupVersionKind{Group: "argoproj.io", Version: "v1alpha1", Kind: "ApplicationSet"},
			Resource: metav1.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "applicationsets"},
			UserInfo: authenticationv1.UserInfo{Username: "bench"},
			Object:   runtime.RawExtension{Raw: mustMarshal(object)},
		},
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
