package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const pollInterval = 100 * time.Millisecond

// waitFor returns when every step of reaching the webhook has gone well, or an error with the
// end of its log.
func (w *Webhook) waitFor(ctx context.Context, steps ...func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	if err := w.Await(ctx, steps...); err != nil {
		return fmt.Errorf("start the webhook: %w", err)
	}
	return nil
}

// trusted says whether the webhook configuration carries a CA.
func (w *Webhook) trusted(ctx context.Context) error {
	for i := range w.Objects {
		if w.Objects[i].GetKind() != "ValidatingWebhookConfiguration" {
			continue
		}
		var configuration admissionregistrationv1.ValidatingWebhookConfiguration
		if err := w.cluster.client.Get(ctx, client.ObjectKeyFromObject(&w.Objects[i]), &configuration); err != nil {
			return err
		}
		for _, webhook := range configuration.Webhooks {
			if len(webhook.ClientConfig.CABundle) == 0 {
				return fmt.Errorf("webhook %s has no caBundle", webhook.Name)
			}
		}
	}
	return nil
}

// called says whether the API server gets an answer from the webhook: it asks on dry-run about
// an ApplicationSet that has no environments. Where there are no ApplicationSets nothing is
// asked; the API server then has until the first rollout to read the new configuration.
func (w *Webhook) called(ctx context.Context) error {
	probe := unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1",
		"kind":       "ApplicationSet",
		"metadata":   map[string]any{"namespace": ArgoCDNamespace, "name": "seawall-probe"},
		"spec": map[string]any{
			"generators": []any{map[string]any{"list": map[string]any{"elements": []any{}}}},
			"template": map[string]any{
				"metadata": map[string]any{"name": "probe"},
				"spec":     map[string]any{"project": "default", "destination": map[string]any{}},
			},
		},
	}}
	err := w.cluster.client.Create(ctx, &probe, client.DryRunAll)
	if apierrors.IsInternalError(err) {
		return err
	}
	if err != nil && !meta.IsNoMatchError(err) && !apierrors.IsForbidden(err) {
		return fmt.Errorf("the probe was answered in another way than by a webhook: %w", err)
	}
	return nil
}

// WaitForLog returns the first line of the webhook's log that match accepts, its fields decoded,
// and waits for it until ctx is done.
func (w *Webhook) WaitForLog(ctx context.Context, match func(fields map[string]any) bool) (map[string]any, error) {
	for {
		text, err := os.ReadFile(w.LogFile)
		if err != nil {
			return nil, err
		}
		for line := range bytes.Lines(text) {
			var fields map[string]any
			if json.Unmarshal(line, &fields) == nil && match(fields) {
				return fields, nil
			}
		}
		select {
		case <-w.exited:
			return nil, fmt.Errorf("the webhook ended: %w\n%s", w.ending(), tail(w.LogFile))
		case <-ctx.Done():
			return nil, fmt.Errorf("no such line in the webhook's log: %w\n%s", ctx.Err(), tail(w.LogFile))
		case <-time.After(pollInterval):
		}
	}
}
