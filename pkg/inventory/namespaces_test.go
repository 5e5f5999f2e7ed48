package inventory

import (
	"context"
	"errors"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// live is an API server with one namespace.
type live struct{ client.Reader }

func (live) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	if key.Name != "new" {
		return errors.New("not found")
	}
	object.SetLabels(map[string]string{"of": "the server"})
	return nil
}

func TestNamespaces(t *testing.T) {
	namespace := func(name string, deleting bool) *unstructured.Unstructured {
		made := &unstructured.Unstructured{}
		made.SetAPIVersion("v1")
		made.SetKind("Namespace")
		made.SetName(name)
		made.SetLabels(map[string]string{"of": "the inventory"})
		if deleting {
			made.SetDeletionTimestamp(new(metav1.Now()))
		}
		return made
	}
	known := NewStaticRegistry(Static{Objects: []*unstructured.Unstructured{namespace("old", false), namespace("going", true)}})
	tests := map[string]struct {
		registry    *Registry
		name        string
		of          string
		terminating bool
		err         string
	}{
		"one that is known":         {known, "old", "the inventory", false, ""},
		"one that is being deleted": {known, "going", "the inventory", true, ""},
		"one that is new":           {known, "new", "the server", false, ""},
		"one that does not exist":   {known, "none", "", false, "not found"},
		"before any was read":       {NewRegistry(), "new", "the server", false, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			labels, terminating, err := NewNamespaces(tt.registry, live{}).Get(t.Context(), tt.name)
			if tt.err != "" {
				g.Expect(err).To(MatchError(tt.err))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(labels.Get("of")).To(Equal(tt.of))
			g.Expect(terminating).To(Equal(tt.terminating))
		})
	}
	NewWithT(t).Expect(NewNamespaces(NewRegistry(), nil).Check(nil)).To(MatchError(ErrNotSynced))
}
