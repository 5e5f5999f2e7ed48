package reports

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// parsed returns the report of namespace/age[/writer], its age in hours. One by "nobody" is not
// authenticated; a writer in capitals wrote about a rollout that existed.
func parsed(t *testing.T, word string) kept {
	t.Helper()
	parts := strings.Split(word+"//", "/")
	hours, err := time.ParseDuration(parts[1] + "h")
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	report := kept{key: client.ObjectKey{Namespace: parts[0], Name: strings.TrimSuffix(word[len(parts[0]):], "/")}, first: noon.Add(-hours), last: noon.Add(-hours)}
	report.writer = strings.ToLower(parts[2])
	report.existed = parts[2] == strings.ToUpper(parts[2])
	report.authenticated = report.writer != "nobody"
	return report
}

func TestWhatIsDeleted(t *testing.T) {
	for name, test := range map[string]struct {
		reports             string
		perNamespace, total int
		want                string
	}{
		"nothing within the bounds":                   {"a/1 a/2 b/719", 2, 3, ""},
		"what is too old":                             {"a/1 a/721 b/720", 9, 9, "a/721"},
		"of a namespace what came soon after another": {"a/9 a/2 a/3", 2, 9, "a/3"},
		"of those without namespace, too":             {"/9 /2 /3 b/1", 2, 9, "/3"},
		"of all what came soon after another":         {"a/9 b/3 c/2", 9, 2, "b/3"},
		"no place for what goes anyway":               {"a/800 a/2 a/3", 2, 2, "a/800"},
		"what never existed before what did":          {"a/9/EVE a/8/EVE a/1/eve", 2, 9, "a/1/eve"},
		"of others":                                   {"a/9/EVE a/8/BOB a/1/eve b/1/eve", 9, 2, "a/1/eve b/1/eve"},
		"what is not authenticated before what is":    {"a/9/eve a/8/bob a/1/nobody", 2, 9, "a/1/nobody"},
		"of whom has more than others":                {"a/9/bob a/8/eve a/5/eve a/6/eve a/7/eve a/4/eve", 4, 99, "a/5/eve a/6/eve a/7/eve"},
		"of one writer more than half of a namespace": {"a/9/eve a/2/eve a/3/eve", 4, 99, "a/3/eve"},
		"of one writer more than half of all":         {"a/9/eve b/2/eve c/3/eve", 99, 4, "c/3/eve"},
		"of nobody more than half":                    {"a/9/nobody a/2/nobody a/3/nobody", 4, 99, "a/3/nobody"},
		"not what existed, however much":              {"a/9/EVE a/2/EVE a/3/EVE", 4, 4, ""},
		"not the only one":                            {"a/9/eve", 1, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var all []kept
			for word := range strings.FieldsSeq(test.reports) {
				all = append(all, parsed(t, word))
			}
			retention := &Retention{Age: 720 * time.Hour, PerNamespace: test.perNamespace, Total: test.total}
			var deleted []string
			for _, report := range retention.excess(all, noon) {
				deleted = append(deleted, report.key.Namespace+report.key.Name)
			}
			g.Expect(deleted).To(gomega.ConsistOf(strings.Fields(test.want)))
		})
	}
}

// TestABurstOfDenialsPushesOutItsOwn holds that nobody erases the report of a denial by being
// denied under many other names, whatever else is known of the writers.
func TestABurstOfDenialsPushesOutItsOwn(t *testing.T) {
	const burst = 560
	for name, test := range map[string]struct {
		// writer is that of the burst, and earlier that of the denial before.
		earlier, writer string
		// again says that the burst ends with another denial of the earlier rollout.
		again bool
	}{
		"of the same user":                               {earlier: "eve", writer: "eve"},
		"of the same user, who was denied once more":     {earlier: "eve", writer: "eve", again: true},
		"of another user":                                {earlier: "bob", writer: "eve"},
		"of forged reviews, before the burst was nobody": {earlier: "nobody", writer: "nobody"},
		"of forged reviews, against one that is not":     {earlier: "bob", writer: "nobody"},
		"of rollouts that exist":                         {earlier: "EVE", writer: "EVE"},
		"of rollouts that never did, against one that":   {earlier: "EVE", writer: "eve"},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			earlier := parsed(t, "argocd/1/"+test.earlier)
			if test.again {
				earlier.last = noon.Add(-time.Minute / 2)
			}
			all := []kept{earlier}
			for i := range burst {
				report := parsed(t, "argocd/0/"+test.writer)
				report.key.Name = fmt.Sprint("burst-", i)
				report.first = noon.Add(time.Duration(i-burst) * time.Minute / burst)
				report.last = report.first.Truncate(time.Second) // as it is stored
				all = append(all, report)
			}
			retention := &Retention{Age: 720 * time.Hour, PerNamespace: 500, Total: 5000}
			excess := retention.excess(all, noon)
			g.Expect(len(excess)).To(gomega.BeNumerically(">=", burst+1-500))
			for _, report := range excess {
				g.Expect(report.key).NotTo(gomega.Equal(earlier.key))
			}
		})
	}
}

func TestAReportWithoutItsAnnotationsIsAsOldAsItIs(t *testing.T) {
	g := gomega.NewWithT(t)
	report := &metav1.PartialObjectMetadata{}
	report.CreationTimestamp = metav1.NewTime(noon)
	g.Expect(remember(report)).To(gomega.Equal(kept{first: noon, last: noon}))
	report.Annotations = map[string]string{
		lastAnnotation: "2026-11-21T12:00:00Z", firstAnnotation: "2026-11-20T11:00:00.5Z", existedAnnotation: "true", authenticatedAnnotation: "true", userAnnotation: "eve",
	}
	g.Expect(remember(report)).To(gomega.Equal(kept{
		first: time.Date(2026, 11, 20, 11, 0, 0, 5e8, time.UTC), last: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), existed: true, authenticated: true, writer: "user eve",
	}))
}
