package flux

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	metadataclient "k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// fieldManager is as what Seawall writes Flux's objects.
const fieldManager = "seawall-nudger"

// Refresher has Flux look at objects at once.
type Refresher struct{ client metadataclient.Interface }

// NewRefresher returns one that writes by config.
func NewRefresher(config *rest.Config) (*Refresher, error) {
	client, err := metadataclient.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("setting up the nudge of Flux: %w", err)
	}
	return &Refresher{client}, nil
}

// Refresh has Flux reconcile an object now. The error is the API server's: a conflict if it is not any more as it was
// seen.
func (r *Refresher) Refresh(ctx context.Context, member gate.Member) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": member.UID, "resourceVersion": member.ResourceVersion,
		"annotations": map[string]string{requestedAnnotation: time.Now().UTC().Format(time.RFC3339Nano)},
	}})
	if err != nil {
		return err
	}
	of := kustomizations()
	if member.Kind == helmReleases().kind {
		of = helmReleases()
	}
	resource := schema.GroupVersionResource{Group: of.group, Version: of.versions[0], Resource: of.resource}
	_, err = r.client.Resource(resource).Namespace(member.Namespace).Patch(ctx, member.Name, types.MergePatchType, patch,
		metav1.PatchOptions{FieldManager: fieldManager})
	return err
}
