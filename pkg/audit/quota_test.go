package audit_test

import (
	"fmt"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// begun returns how many objects entries by the users may begin, each as often.
func begun(quota *audit.Quota, authenticated bool, users, times int) int {
	taken := 0
	for i := range users * times {
		entry := audit.Entry{Record: audit.Record{User: fmt.Sprint("user-", i%users), Authenticated: authenticated}}
		if quota.Take([]audit.Entry{entry}) == nil {
			taken++
		}
	}
	return taken
}

// TestTheQuotaOfRolloutsThatDoNotExist holds that a user who is denied under ever new names, and
// whoever makes up reviews and users, fill neither reports nor Events, and take nothing of others.
func TestTheQuotaOfRolloutsThatDoNotExist(t *testing.T) {
	g := gomega.NewWithT(t)
	quota := audit.NewQuota(nil)
	g.Expect(begun(quota, false, 1000, 10)).To(gomega.BeNumerically("~", 200, 2), "all of them together")
	g.Expect(begun(quota, true, 1, 560)).To(gomega.BeNumerically("~", 200, 2))
	g.Expect(begun(audit.NewQuota(nil), true, 3, 100)).To(gomega.Equal(300), "each has its own")
	err := quota.Take([]audit.Entry{{}})
	g.Expect(err).To(gomega.And(gomega.MatchError(audit.ErrRefused), gomega.MatchError(audit.ErrQuota)))
}

func TestWhatIsAuthenticatedIsBelieved(t *testing.T) {
	g := gomega.NewWithT(t)
	quota := audit.NewQuota(nil) // nothing is looked up
	existed, err := quota.Existed(t.Context(), []audit.Entry{{}, {Record: audit.Record{Authenticated: true, RolloutUID: "u"}}})
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(existed).To(gomega.BeTrue())
	existed, err = quota.Existed(t.Context(), []audit.Entry{{Record: audit.Record{Authenticated: true}}, {}})
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(existed).To(gomega.BeFalse(), "no rollout is claimed to exist")
}
