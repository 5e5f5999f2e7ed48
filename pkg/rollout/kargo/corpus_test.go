package kargo_test

import (
	"encoding/json"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/rollouttest"
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

const stagesOfCorpus = `---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: kargo-argocd-update-%s, namespace: argocd, annotations: {kargo.akuity.io/authorized-stage: "kargo-argocd-update:%s"}}
`

func TestCorpus(t *testing.T) {
	var applications string
	for _, stage := range []string{"test", "uat", "prod"} {
		applications += fmt.Sprintf(stagesOfCorpus, stage, stage)
	}
	var task []any
	for _, object := range rollouttest.Objects(t, rollouttest.Corpus(t, "kargo/04-e2e-argocd-update.yaml")) {
		if object.GetKind() == "PromotionTask" {
			task = object.Object["spec"].(map[string]any)["steps"].([]any)
		}
	}
	for _, stage := range []string{"test", "uat", "prod"} {
		t.Run("one Application in "+stage, func(t *testing.T) {
			g := NewWithT(t)
			write := rollouttest.Write(t, rollout.Create, promote(t, "kargo-argocd-update", stage, task), nil)
			static := inventory.Static{Objects: rollouttest.Objects(t, []byte(applications))}
			change, err := rollouttest.Fixture{Write: write, Static: static}.Read(promotion)
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
		g.Expect(yaml.Unmarshal(rollouttest.Corpus(t, "kargo/10-docs-argocd-update-selector.yaml"), &stage)).To(Succeed())
		static := inventory.Static{Objects: rollouttest.Objects(t, []byte(selectable))}
		write := rollouttest.Write(t, rollout.Create, promote(t, "shop", "prod", stage.Spec.PromotionTemplate.Spec.Steps), nil)
		change, err := rollouttest.Fixture{Write: write, Static: static}.Read(promotion)
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
  annotations: {kargo.akuity.io/authorized-stage: "shop:prod", rollouttest.seawall.dev/copies: "3"}
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
