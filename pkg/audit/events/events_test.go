package events

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/audit"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func denied(user string, at time.Time, count int) audit.Entry {
	return audit.Entry{First: at, Count: count, Record: audit.Record{
		Time: at, Action: audit.Deny, Reason: "WaveOverLimit", Policy: "default", Operation: "CREATE", User: user,
		Group: "argoproj.io", Version: "v1alpha1", Kind: "ApplicationSet", Namespace: "argocd", Name: "tenants",
		Message: "wave 1 syncs 100 environments",
	}}
}

func TestOneEventOfManyDenials(t *testing.T) {
	g := gomega.NewWithT(t)
	event := newEvent([]audit.Entry{denied("eve", noon, 3), denied("mallory", noon.Add(time.Hour), 4), denied("bob", noon.Add(time.Minute), 1)})
	g.Expect(event.Count).To(gomega.BeEquivalentTo(8))
	g.Expect(event.FirstTimestamp.Time).To(gomega.Equal(noon))
	g.Expect(event.LastTimestamp.Time).To(gomega.Equal(noon.Add(time.Hour)))
	g.Expect(event.Message).To(gomega.Equal("CREATE by mallory: wave 1 syncs 100 environments"))
	g.Expect(event.Reason).To(gomega.Equal("WaveDenied"))
	g.Expect(event.Annotations).To(gomega.Equal(map[string]string{"seawall.dev/authenticated": "false"}))
	g.Expect(event.InvolvedObject).To(gomega.Equal(corev1.ObjectReference{
		APIVersion: "argoproj.io/v1alpha1", Kind: "ApplicationSet", Namespace: "argocd", Name: "tenants",
	}))
}

func TestReasons(t *testing.T) {
	g := gomega.NewWithT(t)
	permitted := audit.Record{Action: audit.Allow, Operation: audit.Recount, Override: "apps/incident"}
	g.Expect(reasonOf(permitted)).To(gomega.Equal("WaveOverridden"), "what an override permits is not within its limit")
	g.Expect(typeOf(permitted)).To(gomega.Equal(corev1.EventTypeWarning))
	for want, record := range map[string]audit.Record{
		"WaveDenied":      {Action: audit.Deny, Override: "apps/incident"},
		"WaveNotJudged":   {Action: audit.Error},
		"WaveWarned":      {Action: audit.Warn},
		"WaveAudited":     {Action: audit.Audit},
		"WaveOverridden":  {Action: audit.Allow, Override: "apps/incident"},
		"WaveOutgrown":    {Action: audit.Deny, Operation: audit.Recount},
		"WaveWithinLimit": {Action: audit.Allow, Operation: audit.Recount},
		"StartsHeld":      {Action: audit.Deny, Operation: audit.Hold},
		"StartsReleased":  {Action: audit.Allow, Operation: audit.Hold},
		"StartsHalted":    {Action: audit.Warn, Operation: audit.Halt},
		"StartsResumed":   {Action: audit.Allow, Operation: audit.Halt},
	} {
		g.Expect(reasonOf(record)).To(gomega.Equal(want))
	}
}

func TestThatStartsWaitIsNoWarning(t *testing.T) {
	g := gomega.NewWithT(t)
	record := audit.Record{Action: audit.Deny, Operation: audit.Hold, Message: "9 wait"}
	g.Expect(typeOf(record)).To(gomega.Equal("Normal"))
	g.Expect(messageOf(record)).To(gomega.Equal("9 wait"), "it is nobody's doing")
	record.Operation = audit.Halt
	g.Expect(typeOf(record)).To(gomega.Equal("Warning"))
	record.Action = audit.Allow
	g.Expect(typeOf(record)).To(gomega.Equal("Normal"))
}

func TestMessages(t *testing.T) {
	g := gomega.NewWithT(t)
	record := denied("eve", noon, 1).Record
	record.Override, record.OverrideReason = "argocd/incident", "certificates expire tonight"
	g.Expect(messageOf(record)).To(gomega.Equal(
		"CREATE by eve: let pass by WaveOverride argocd/incident (certificates expire tonight): wave 1 syncs 100 environments"))
	record.Operation, record.User, record.Override = audit.Recount, "", ""
	g.Expect(messageOf(record)).To(gomega.Equal("re-count: wave 1 syncs 100 environments"))
	g.Expect(typeOf(record)).To(gomega.Equal("Warning"))
	record.Action = audit.Allow
	g.Expect(typeOf(record)).To(gomega.Equal("Normal"))
	record.Message = strings.Repeat("ä", 1024)
	g.Expect(len(messageOf(record))).To(gomega.BeNumerically("<=", messageLimit), "the API server's limit is in bytes")
}

func TestWhatIsAnEventOfItsOwn(t *testing.T) {
	g := gomega.NewWithT(t)
	base := denied("eve", noon, 1).Record
	names := map[string]bool{nameOf(base): true}
	for _, change := range []func(*audit.Record){
		func(r *audit.Record) { r.Name = "others" }, func(r *audit.Record) { r.RolloutUID = "1" },
		func(r *audit.Record) { r.Action = audit.Warn }, func(r *audit.Record) { r.Reason = "Unresolved" },
		func(r *audit.Record) { r.Policy = "strict" }, func(r *audit.Record) { r.Override = "argocd/incident" },
		func(r *audit.Record) { r.Authenticated = true },
	} {
		record := base
		change(&record)
		g.Expect(names).NotTo(gomega.HaveKey(nameOf(record)))
		names[nameOf(record)] = true
	}
	again := base
	again.User, again.Message, again.Operation, again.UID = "mallory", "wave 1 syncs 101 environments", "UPDATE", "2"
	g.Expect(nameOf(again)).To(gomega.Equal(nameOf(base)))
}

func TestEventsOfClusterScopedRolloutsAreInDefault(t *testing.T) {
	g := gomega.NewWithT(t)
	entry := denied("eve", noon, 1)
	entry.Namespace = ""
	event := newEvent([]audit.Entry{entry})
	g.Expect(event.Namespace).To(gomega.Equal("default"))
	g.Expect(event.InvolvedObject.Namespace).To(gomega.BeEmpty())
}

func TestAdditionCountsWhoeverCameFirst(t *testing.T) {
	g := gomega.NewWithT(t)
	stored := newEvent([]audit.Entry{denied("eve", noon, 3)})
	stored.ResourceVersion = "7"
	later := addition(stored, newEvent([]audit.Entry{denied("mallory", noon.Add(time.Hour), 2)}))
	g.Expect(later.Count).To(gomega.BeEquivalentTo(5))
	g.Expect(later.Metadata.ResourceVersion).To(gomega.Equal("7"))
	g.Expect(later.Message).To(gomega.ContainSubstring("mallory"))
	g.Expect(later.LastTimestamp).To(gomega.Equal(metav1.NewTime(noon.Add(time.Hour))))

	earlier := addition(stored, newEvent([]audit.Entry{denied("mallory", noon.Add(-time.Hour), 2)}))
	g.Expect(earlier.Message).To(gomega.ContainSubstring("eve"))
	g.Expect(earlier.FirstTimestamp).To(gomega.Equal(metav1.NewTime(noon.Add(-time.Hour))))
	g.Expect(earlier.LastTimestamp).To(gomega.Equal(metav1.NewTime(noon)))

	stored.Count = math.MaxInt32
	g.Expect(addition(stored, newEvent([]audit.Entry{denied("eve", noon, 1)})).Count).To(gomega.BeEquivalentTo(math.MaxInt32))
}
