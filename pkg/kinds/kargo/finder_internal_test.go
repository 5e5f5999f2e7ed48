package kargo

import (
	"testing"

	"github.com/onsi/gomega"
)

func TestAuthorizedFor(t *testing.T) {
	g := gomega.NewWithT(t)
	const list = "shop:test, shop:prod"
	for stage, want := range map[string]bool{"test": true, "prod": true, "pro": false, "": false} {
		g.Expect(authorizedFor(list, "shop", stage)).To(gomega.Equal(want), stage)
	}
	g.Expect(authorizedFor(list, "other", "test")).To(gomega.BeFalse())
	g.Expect(authorizedFor("", "", "")).To(gomega.BeFalse())
}
