package main

import (
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/yaml"
)

// TestWhatDeliversSeawallCanBeExcluded holds what docs/operations.md says of the webhook configuration:
// namespaces are all that excludes a rollout, so that nobody's label does, and plain Applications,
// HelmReleases and Kustomizations are not asked about.
func TestWhatDeliversSeawallCanBeExcluded(t *testing.T) {
	if testing.Short() {
		t.Skip("renders with helm")
	}
	rendered, err := renderChart(t.Context(), repository, "--set-json", `webhook.excludedNamespaces=["delivery"]`)
	if err != nil {
		t.Fatal(err)
	}
	var configuration admissionv1.ValidatingWebhookConfiguration
	if err := yaml.Unmarshal([]byte(splitRendered(rendered)["validatingwebhookconfiguration.yaml"]), &configuration); err != nil {
		t.Fatal(err)
	}
	if len(configuration.Webhooks) == 0 {
		t.Fatal("no webhooks")
	}
	for _, webhook := range configuration.Webhooks {
		if webhook.ObjectSelector != nil {
			t.Errorf("%s has an objectSelector", webhook.Name)
		}
		for _, rule := range webhook.Rules {
			for _, resource := range rule.Resources {
				if slices.Contains([]string{"applications", "helmreleases", "kustomizations", "customresourcedefinitions"}, resource) {
					t.Errorf("%s is asked about %s", webhook.Name, resource)
				}
			}
		}
		if !strings.Contains(webhook.Name, "waves.") {
			continue
		}
		excluded := strings.Join(webhook.NamespaceSelector.MatchExpressions[0].Values, " ")
		if excluded != "kube-system "+configNamespace+" delivery" {
			t.Errorf("%s excludes %s", webhook.Name, excluded)
		}
	}
}
