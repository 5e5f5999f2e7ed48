package cluster

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var _ = Describe("The definitions of the rollout systems", func() {
	systems, err := Systems()

	It("are listed", func() {
		Expect(err).NotTo(HaveOccurred())
		Expect(systems).To(ContainElement("argo-cd"))
	})

	for _, system := range systems {
		It("install: "+system, func(ctx SpecContext) {
			err := running.InstallCRDs(ctx, system)
			if errors.Is(err, ErrUnavailable) && system != "argo-cd" {
				Skip(err.Error())
			}
			Expect(err).NotTo(HaveOccurred())
		})
	}

	It("can be chosen by name", func(ctx SpecContext) {
		Expect(running.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		var definition apiextensionsv1.CustomResourceDefinition
		Expect(running.Client().Get(ctx, client.ObjectKey{Name: "applicationsets.argoproj.io"}, &definition)).To(Succeed())
		Expect(running.InstallCRDs(ctx, "argo-cd", "rollouts.argoproj.io")).To(MatchError(ContainSubstring("none is named rollouts.argoproj.io")))
	})

	It("are not found for a system that is not listed", func(ctx SpecContext) {
		_, err := CRDFiles(ctx, "nonsense")
		Expect(err).To(MatchError(ContainSubstring("nonsense")))
	})
})
