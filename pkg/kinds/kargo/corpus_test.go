package kargo_test

import (
	"encoding/json"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// promote makes the Promotion of a Stage from the steps of a template, as Kargo does.
func promote(tb testing.TB, project, stage string, steps []any) []byte {
	tb.Helper()
	text, err := json.Marshal(map[string]any{
		"apiVersion": "kargo.akuity.io/v1alpha1", "kind": "Promotion",
		"metadata": map[string]any{"name": "promotion", "namespace": project},
		"spec":     map[string]any{"stage": stage, "freight": "abc", "steps": steps},
	})
	NewWithT(tb).Expect(err).NotTo(HaveOccurred())
	return text
}

// applicationsOfCorpus are those that the ApplicationSet of the corpus makes, and their stages.
func applicationsOfCorpus(tb testing.TB) (stages []string, applications []*unstructured.Unstructured) {
	tb.Helper()
	text := kindtest.Corpus(tb, "kargo/04-e2e-argocd-update-apps.yaml")
	var set struct {
		Metadata struct{ Namespace string }
		Spec     struct {
			Generators []struct {
				List struct{ Elements []struct{ Stage string } }
			}
			Template struct {
				Metadata struct {
					Name        string
					Annotations map[string]string
				}
			}
		}
	}
	NewWithT(tb).Expect(yaml.Unmarshal(text, &set)).To(Succeed())
	for _, element := range set.Spec.Generators[0].List.Elements {
		stages = append(stages, element.Stage)
		application := &unstructured.Unstructured{}
		application.SetAPIVersion("argoproj.io/v1alpha1")
		application.SetKind("Application")
		application.SetNamespace(set.Metadata.Namespace)
		application.SetName(strings.ReplaceAll(set.Spec.Template.Metadata.Name, "{{stage}}", element.Stage))
		annotations := map[string]string{}
		for key, text := range set.Spec.Template.Metadata.Annotations {
			annotations[key] = strings.ReplaceAll(text, "{{stage}}", element.Stage)
		}
		application.SetAnnotations(annotations)
		applications = append(applications, application)
	}
	return stages, applications
}

func TestCorpus(t *testing.T) {
	NewWithT(t).Expect(kindtest.CorpusFiles(t, "kargo")).To(HaveLen(3), "a file that no row here reads")
	stages, applications := applicationsOfCorpus(t)
	NewWithT(t).Expect(stages).To(Equal([]string{"test", "uat", "prod"}))
	var task []any
	for _, object := range kindtest.Objects(t, kindtest.Corpus(t, "kargo/04-e2e-argocd-update.yaml")) {
		if object.GetKind() == "PromotionTask" {
			task = object.Object["spec"].(map[string]any)["steps"].([]any)
		}
	}
	for _, stage := range stages {
		t.Run("one Application in "+stage, func(t *testing.T) {
			g := NewWithT(t)
			write := kindtest.Write(t, rollout.Create, promote(t, "kargo-argocd-update", stage, task), nil)
			static := inventory.Static{Objects: applications}
			change, err := kindtest.Fixture{Write: write, Static: static}.Read(promotion)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(Equal(1))
			g.Expect(change.Steps[0].Targets[0].Name).To(Equal("argocd/kargo-argocd-update-" + stage))
			g.Expect(change.Evidence).To(BeEmpty())
		})
	}
	t.Run("what a selector finds and the Stage may sync", func(t *testing.T) {
		g := NewWithT(t)
		var stage struct {
			Spec struct {
				PromotionTemplate struct {
					Spec struct {
						Steps []any `json:"steps"`
					} `json:"spec"`
				} `json:"promotionTemplate"`
			} `json:"spec"`
		}
		g.Expect(yaml.Unmarshal(kindtest.Corpus(t, "kargo/10-docs-argocd-update-selector.yaml"), &stage)).To(Succeed())
		static := inventory.Static{Objects: kindtest.Objects(t, []byte(selectable))}
		write := kindtest.Write(t, rollout.Create, promote(t, "shop", "prod", stage.Spec.PromotionTemplate.Spec.Steps), nil)
		change, err := kindtest.Fixture{Write: write, Static: static}.Read(promotion)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(change.Affected()).To(Equal(3))
		g.Expect(change.Steps).To(HaveLen(1))
		g.Expect(change.Steps[0].InFlight).To(Equal(3))
	})
}

// selectable are three Applications that are selected and authorized, and one each that is not.
const selectable = `---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ours
  namespace: argocd
  labels: {environment: production, team: platform}
  annotations: {kargo.akuity.io/authorized-stage: "shop:prod", kindtest.seawall.dev/copies: "3"}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: another-stage
  namespace: argocd
  labels: {environment: production, team: platform}
  annotations: {kargo.akuity.io/authorized-stage: "shop:test"}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: another-team
  namespace: argocd
  labels: {environment: production, team: data}
  annotations: {kargo.akuity.io/authorized-stage: "shop:prod"}
`
