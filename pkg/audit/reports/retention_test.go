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

func TestWhatIsDeleted(t *testing.T) {
	for name, test := range map[string]struct {
		// reports are namespace/age in hours.
		reports             string
		perNamespace, total int
		want                string
	}{
		"nothing within the bounds":             {reports: "a/1 a/2 b/719", perNamespace: 2, total: 3, want: ""},
		"what is too old":                       {reports: "a/1 a/721 b/720", perNamespace: 9, total: 9, want: "a/721"},
		"the oldest of a namespace":             {reports: "a/3 a/1 a/2 b/9", perNamespace: 2, total: 9, want: "a/3"},
		"the oldest of those without namespace": {reports: "/3 /1 b/9", perNamespace: 1, total: 9, want: "/3"},
		"the oldest of all":                     {reports: "a/3 b/5 c/1", perNamespace: 9, total: 2, want: "b/5"},
		"no place for what goes anyway":         {reports: "a/1 a/2 a/3 b/4 c/5", perNamespace: 1, total: 2, want: "a/2 a/3 c/5"},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var all []kept
			for word := range strings.FieldsSeq(test.reports) {
				namespace, age, _ := strings.Cut(word, "/")
				hours, err := time.ParseDuration(age + "h")
				g.Expect(err).NotTo(gomega.HaveOccurred())
				all = append(all, kept{key: client.ObjectKey{Namespace: namespace, Name: age}, last: noon.Add(-hours)})
			}
			retention := &Retention{Age: 720 * time.Hour, PerNamespace: test.perNamespace, Total: test.total}
			var deleted []string
			for _, report := range retention.excess(all, noon) {
				deleted = append(deleted, fmt.Sprintf("%s/%s", report.key.Namespace, report.key.Name))
			}
			g.Expect(strings.Join(deleted, " ")).To(gomega.Equal(test.want))
		})
	}
}

func TestAReportWithoutItsAnnotationIsAsOldAsItIs(t *testing.T) {
	g := gomega.NewWithT(t)
	report := &metav1.PartialObjectMetadata{}
	report.CreationTimestamp = metav1.NewTime(noon)
	g.Expect(remember(report).last).To(gomega.Equal(noon))
	report.Annotations = map[string]string{lastAnnotation: "2026-11-21T12:00:00Z"}
	g.Expect(remember(report).last).To(gomega.BeTemporally("==", time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)))
}
