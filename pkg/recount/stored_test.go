package recount

import (
	"strings"
	"testing"

	"github.com/onsi/gomega"

	spending "github.com/seawall-dev/seawall/pkg/budget"
)

// TestAStoredObjectThatNestsDeepIsReadByName holds that such an object, which may have been
// stored while no policy existed, does not stop the reading of all others.
func TestAStoredObjectThatNestsDeepIsReadByName(t *testing.T) {
	g := gomega.NewWithT(t)
	spec := strings.Repeat(strings.Repeat(`{"":`, 9_000)+"1"+strings.Repeat("}", 9_000)+",", 14)
	found, err := parse([]byte(`{"apiVersion":"argoproj.io/v1alpha1","metadata":{"name":"bomb","namespace":"apps"},"spec":{"a":[` + spec + `1]}}`))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(found.key().String()).To(gomega.Equal("apps/bomb"))
	g.Expect(found.unread).To(gomega.MatchError(spending.ErrExceeded))
	g.Expect(found.Spec).To(gomega.BeNil())
}
