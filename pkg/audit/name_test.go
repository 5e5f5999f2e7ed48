package audit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/seawall-dev/seawall/pkg/audit"
)

func TestObjectNamesAreNames(t *testing.T) {
	for _, readable := range []string{
		"", "tenants", "Tenants.of the-world_", strings.Repeat("a", 300), "-", "ümlaut\x00", strings.Repeat("a", 33) + "--b",
	} {
		t.Run(readable, func(t *testing.T) {
			g := gomega.NewWithT(t)
			name := audit.ObjectName(readable, readable)
			g.Expect(validation.IsDNS1123Label(name)).To(gomega.BeEmpty(), name)
			g.Expect(audit.ObjectName(readable, readable)).To(gomega.Equal(name))
		})
	}
	gomega.NewWithT(t).Expect(audit.ObjectName("ApplicationSet-tenants", "argoproj.io", "ApplicationSet", "tenants")).
		To(gomega.MatchRegexp("^seawall-applicationset-tenants-[a-z2-7]{20}$"))
}

func TestObjectNamesDiffer(t *testing.T) {
	g := gomega.NewWithT(t)
	names := map[string]string{}
	for _, parts := range [][]string{
		{"ab", "c"}, {"a", "bc"}, {"abc"}, {"abc", ""}, {"", "abc"}, {"1:a"}, {"a"}, {"A"}, {"1:", "a"}, {},
	} {
		name := audit.ObjectName("same", parts...)
		g.Expect(names).NotTo(gomega.HaveKey(name), "%q", parts)
		names[name] = fmt.Sprint(parts)
	}
}
