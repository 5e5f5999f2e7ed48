package argocd

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

const (
	token       = "bearer-ey8s7d6f"
	certificate = "LS0tLS1CRUdJTiBDRVJU"
	config      = `{"bearerToken":"` + token + `","tlsClientConfig":{"certData":"` + certificate + `","insecure":false}}`
)

// credentialed returns a cluster Secret with credentials wherever they have been seen.
func credentialed() *corev1.Secret {
	copied := `{"data":{"config":"` + base64.StdEncoding.EncodeToString([]byte(config)) + `"},"stringData":` + config + `}`
	return &corev1.Secret{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{
			Name:              "prod-1",
			Namespace:         "argocd",
			UID:               "5f1c",
			ResourceVersion:   "42",
			Generation:        3,
			CreationTimestamp: metav1.NewTime(time.Unix(1, 0)),
			Finalizers:        []string{"finalizer-" + token},
			OwnerReferences:   []metav1.OwnerReference{{Name: "owner-" + token}},
			Labels:            map[string]string{secretTypeLabel: "cluster", "env": "prod"},
			Annotations: map[string]string{
				"managed-by":                       "argocd.argoproj.io",
				corev1.LastAppliedConfigAnnotation: copied,
				"kapp.k14s.io/original":            copied,
				"objectset.rio.cattle.io/applied":  base64.StdEncoding.EncodeToString([]byte(copied)),
				"banzaicloud.com/last-applied":     copied,
			},
			ManagedFields: []metav1.ManagedFieldsEntry{{
				Manager:  "kubectl",
				FieldsV1: metav1.NewFieldsV1(`{"f:data":{"f:config":{}}}`),
			}},
		},
		Type: corev1.SecretTypeOpaque,
		Data: map[string][]byte{
			"name":    []byte("prod-1"),
			"server":  []byte("https://prod-1.example.com"),
			"project": []byte("payments"),
			"config":  []byte(config),
			"shard":   []byte("1"),
		},
	}
}

func TestNoCredentialsAreKept(t *testing.T) {
	manifest := credentialed()
	manifest.Data, manifest.StringData = nil, map[string]string{
		"name": "prod-1", "server": "https://prod-1.example.com", "project": "payments", "config": config,
	}
	tests := map[string]*corev1.Secret{
		"a stored Secret": credentialed(),
		"a manifest":      manifest,
	}
	for name, secret := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			clusters, err := NewStatic(false, secret).Select(labels.Everything())
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(clusters.Len()).To(Equal(1))

			// Want nothing but this, which is compared whole: a credential has no place left.
			kept := *clusters.secrets[0]
			g.Expect(kept).To(Equal(inventory.Object[registration]{
				Namespace: "argocd", Name: "prod-1",
				Labels: inventory.PairsOf(map[string]string{secretTypeLabel: "cluster", "env": "prod"}),
				Value: registration{
					name: "prod-1", server: "https://prod-1.example.com", project: "payments",
					annotations: inventory.PairsOf(map[string]string{"managed-by": "argocd.argoproj.io"}),
				},
			}))
			cluster := clusters.At(0)
			for _, text := range texts(g, []any{
				cluster.Namespace(), cluster.Secret(), cluster.Name(), cluster.Server(), cluster.Project(),
				cluster.Labels(), cluster.Annotations(), cluster.SuccessRate(),
			}) {
				g.Expect(text).NotTo(Or(
					ContainSubstring(token), ContainSubstring(certificate), ContainSubstring("tlsClientConfig"),
					ContainSubstring("config"), ContainSubstring("last-applied"),
				))
			}
		})
	}
}

// texts returns every key and string of an object's JSON, and what is inside base64.
func texts(g Gomega, object any) []string {
	encoded, err := json.Marshal(object)
	g.Expect(err).NotTo(HaveOccurred())
	var decoded any
	g.Expect(json.Unmarshal(encoded, &decoded)).To(Succeed())
	var found []string
	var walk func(any)
	walk = func(node any) {
		switch node := node.(type) {
		case string:
			found = append(found, node)
			if raw, err := base64.StdEncoding.DecodeString(node); err == nil {
				found = append(found, string(raw))
			}
		case []any:
			for _, element := range node {
				walk(element)
			}
		case map[string]any:
			for key, element := range node {
				walk(key)
				walk(element)
			}
		}
	}
	walk(decoded)
	g.Expect(strings.Join(found, " ")).To(ContainSubstring("https://prod-1.example.com"), "the walk sees data")
	return found
}

func TestASecretWithoutDataIsNoCluster(t *testing.T) {
	_, err := register(&metav1.PartialObjectMetadata{}, &inventory.Texts{})
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("without data")))
}
