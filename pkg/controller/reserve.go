package controller

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// reserve reserves an override for a write that may have been made up. It is contested, and not
// reserved, unless the write would change what is stored now: what somebody makes up can then be
// taken for a write only if such a write is made.
func (u *Uses) reserve(
	ctx context.Context, override *policy.Override, read *v1alpha1.WaveOverride, use policy.Use,
) (contested bool, err error) {
	list, options := storedAs(override.Rollout, use.Version)
	if err := u.live.List(ctx, list, options); err != nil {
		return false, fmt.Errorf("reading %s %s: %w", override.Rollout.Kind, override.Rollout.Name, err)
	}
	stored := ""
	for i := range list.Items {
		if stored, err = fingerprint(&list.Items[i]); err != nil {
			return false, err
		}
	}
	if stored != use.Before || use.After == "" || use.After == stored {
		return true, nil
	}
	status := read.Status.DeepCopy()
	status.Reservation = v1alpha1.OverrideReservation{
		Time: &metav1.Time{Time: use.At}, By: use.By, Write: use.Write,
		Version: use.Version, ResourceVersion: list.GetResourceVersion(), Outcome: use.After,
	}
	return false, patchStatus(ctx, u.client, read, *status)
}

// storedAs returns a list that an override's rollout is to be read into, and what selects it.
func storedAs(of policy.Reference, version string) (*unstructured.UnstructuredList, *client.ListOptions) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(of.WithVersion(version).GroupVersion().WithKind(of.Kind + "List"))
	return list, &client.ListOptions{Namespace: of.Namespace, FieldSelector: fields.OneTermEqualSelector("metadata.name", of.Name)}
}

func fingerprint(object *unstructured.Unstructured) (string, error) {
	text, err := object.MarshalJSON()
	if err != nil {
		return "", fmt.Errorf("reading %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	parsed, err := rollout.Cut(text)
	if err != nil {
		return "", fmt.Errorf("reading %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	return rollout.Fingerprint(parsed)
}
