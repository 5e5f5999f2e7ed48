package inventory

import (
	"fmt"
	"maps"
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	secretTypeLabel   = "argocd.argoproj.io/secret-type"
	secretTypeCluster = "cluster"
)

// Cluster is one cluster that is registered with Argo CD, without its credentials. Its
// maps are shared and must not be changed.
type Cluster struct {
	// Secret is the name of the Secret that registers the cluster; no two are equal.
	Secret    string
	Namespace string
	// Name, Server and Project are data.name, data.server and data.project as they stand
	// there. Any of them may be empty, or equal to another cluster's.
	Name, Server, Project string
	// Labels and Annotations are those of the Secret.
	Labels, Annotations Pairs
}

func clusterOf(secret *corev1.Secret) Cluster {
	name, _ := datum(secret, "name")
	server, _ := datum(secret, "server")
	project, _ := datum(secret, "project")
	return Cluster{
		Secret:      secret.Name,
		Namespace:   secret.Namespace,
		Name:        string(name),
		Server:      string(server),
		Project:     string(project),
		Labels:      interned(PairsOf(secret.Labels)),
		Annotations: interned(PairsOf(withoutCopies(secret.Annotations))),
	}
}

// strip is a cache transform. It returns what the inventory needs of a Secret and leaves
// the given one as it is; everything that is not named here is left out, so that what
// later versions of Argo CD add is too. Only a *corev1.Secret passes: of another type
// strip would not know where the credentials are.
func strip(stored any) (any, error) {
	secret, ok := stored.(*corev1.Secret)
	if !ok {
		return nil, fmt.Errorf("removing the credentials of a cluster: got a %T, want a Secret", stored)
	}
	stripped := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Name:            secret.Name,
		Namespace:       secret.Namespace,
		UID:             secret.UID,
		ResourceVersion: secret.ResourceVersion,
		Labels:          secret.Labels,
		Annotations:     withoutCopies(secret.Annotations),
	}}
	for _, key := range [...]string{"name", "server", "project"} {
		if value, found := datum(secret, key); found {
			if stripped.Data == nil {
				stripped.Data = make(map[string][]byte)
			}
			stripped.Data[key] = value
		}
	}
	return stripped, nil
}

// datum reads one key as the API server would store it: stringData, which only manifests
// have, wins over data.
func datum(secret *corev1.Secret, key string) ([]byte, bool) {
	if value, found := secret.StringData[key]; found {
		return []byte(value), true
	}
	value, found := secret.Data[key]
	return value, found
}

// withoutCopies returns annotations without those in which tools keep a copy of the whole
// Secret, credentials included.
func withoutCopies(annotations map[string]string) map[string]string {
	kept := annotations
	for _, key := range [...]string{
		corev1.LastAppliedConfigAnnotation,
		"kapp.k14s.io/original",
		"objectset.rio.cattle.io/applied",
		"banzaicloud.com/last-applied",
	} {
		if _, found := kept[key]; found {
			kept = maps.Clone(kept)
			delete(kept, key)
		}
	}
	return kept
}

// interned returns the pairs with keys that all Secrets share.
func interned(pairs Pairs) Pairs {
	for i := range pairs {
		pairs[i].Key = unique.Make(pairs[i].Key).Value()
	}
	return pairs
}
