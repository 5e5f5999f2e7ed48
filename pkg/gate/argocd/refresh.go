package argocd

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	metadataclient "k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// fieldManager is as what Seawall writes Applications.
const fieldManager = "seawall-nudger"

// Refresher has Argo CD look at Applications at once.
type Refresher struct{ client metadataclient.Interface }

// NewRefresher returns one that writes by config.
func NewRefresher(config *rest.Config) (*Refresher, error) {
	client, err := metadataclient.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("setting up the nudge: %w", err)
	}
	return &Refresher{client}, nil
}

// Refresh has Argo CD compare an Application with its sources now, after which it begins the sync that this asks
// for. The error is the API server's: a conflict if the Application is not any more as it was seen.
func (r *Refresher) Refresh(ctx context.Context, member gate.Member) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": member.UID, "resourceVersion": member.ResourceVersion,
		"annotations": map[string]string{refreshAnnotation: "normal"},
	}})
	if err != nil {
		return err
	}
	resource := schema.GroupVersionResource{Group: argoGroup, Version: "v1alpha1", Resource: "applications"}
	_, err = r.client.Resource(resource).Namespace(member.Namespace).Patch(ctx, member.Name, types.MergePatchType, patch,
		metav1.PatchOptions{FieldManager: fieldManager})
	return err
}
