package admission_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// ledger remembers uses, and answers claims as a test says.
type ledger struct {
	claims, counts []policy.Use
	// taken are the overrides that are claimed and not given back.
	taken []string
	// gone is the name of one that is gone when somebody claims it.
	gone string
	lost bool
	now  *policy.Override
	err  error
}

func (l *ledger) Claim(_ context.Context, override *policy.Override, use policy.Use) (bool, *policy.Override, error) {
	l.claims = append(l.claims, use)
	claimed := !l.lost && l.err == nil && override.Name != l.gone
	if claimed {
		l.taken = append(l.taken, override.Name)
	}
	return claimed, l.now, l.err
}

func (l *ledger) Release(_ context.Context, override *policy.Override, _ policy.Use) error {
	l.taken = slices.DeleteFunc(l.taken, func(name string) bool { return name == override.Name })
	return nil
}

func (l *ledger) Count(_ *policy.Override, use policy.Use) { l.counts = append(l.counts, use) }

func newOverride(t *testing.T, name string, uses v1alpha1.OverrideUses, change func(*v1alpha1.WaveOverride)) *policy.Override {
	t.Helper()
	expires := metav1.NewTime(time.Now().Add(time.Hour))
	source := &v1alpha1.WaveOverride{
		ObjectMeta: metav1.ObjectMeta{Namespace: "apps", Name: name, CreationTimestamp: metav1.Now()},
		Spec: v1alpha1.WaveOverrideSpec{
			Rollout:               v1alpha1.RolloutReference{Group: waveKind.Group, Kind: waveKind.Kind, Name: "w"},
			MaxFailureProbability: "0.7", Reason: "broken\u202e disks", ExpiresAt: &expires, Uses: uses,
		},
	}
	if change != nil {
		change(source)
	}
	compiled, err := policy.CompileOverride(source)
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return compiled
}

// overridden returns a handler of writes of 100 environments and what its overrides, if
// there are any, are counted in.
func overridden(t *testing.T, overrides ...*policy.Override) (*admission.Handler, *records, *ledger) {
	t.Helper()
	handler, kept := newHandler(t, changes(100))
	uses, set := &ledger{}, policy.NewOverrides("seawall-system")
	for _, override := range overrides {
		set.Put(override)
	}
	handler.Evaluator.Overrides, handler.Evaluator.Uses = set, uses
	return handler, kept, uses
}

func TestAnOverrideIsToldAndOnTheRecord(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, kept, uses := overridden(t, newOverride(t, "incident", v1alpha1.UsesUnlimited, nil))
	response := handler.Handle(t.Context(), request(admissionv1.Create))
	g.Expect(response.Allowed).To(gomega.BeTrue())
	g.Expect(response.Warnings).To(gomega.ConsistOf(gomega.MatchRegexp(
		`^Wave apps/w: WaveOverride apps/incident permits this until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: broken� disks$`)))
	g.Expect(response.AuditAnnotations).To(gomega.And(
		gomega.HaveKeyWithValue("decision", "Allow"), gomega.HaveKeyWithValue("reason", "Overridden"),
		gomega.HaveKeyWithValue("override", "apps/incident"), gomega.HaveKeyWithValue("override-reason", "broken� disks"),
		gomega.HaveKeyWithValue("failure-probability", "0.633968"), gomega.HaveKeyWithValue("limit", "0.2"),
		gomega.HaveKeyWithValue("message", strings.TrimPrefix(denial, "Wave apps/w: ")),
	))
	g.Expect(kept.list[0].Override).To(gomega.Equal("apps/incident"))
	g.Expect(kept.list[0].Routine).To(gomega.BeFalse())
	g.Expect(uses.claims).To(gomega.BeEmpty(), "nothing to wait for")
	g.Expect(uses.counts).To(gomega.HaveLen(1))
	g.Expect(uses.counts[0].By).To(gomega.Equal("jane"))
	g.Expect(uses.counts[0].At).To(gomega.BeTemporally("~", time.Now(), time.Minute))
}

func TestTheNameOfTheUserIsBounded(t *testing.T) {
	g := gomega.NewWithT(t)
	handler, _, uses := overridden(t, newOverride(t, "incident", v1alpha1.UsesUnlimited, nil))
	r := request(admissionv1.Create)
	r.UserInfo.Username = "eve\n" + strings.Repeat("ä", 2000)
	handler.Handle(t.Context(), r)
	g.Expect(uses.counts[0].By).To(gomega.Equal("eve\ufffd" + strings.Repeat("ä", 252)))
}

func TestAnOverrideIsNotUsed(t *testing.T) {
	once := func(o *v1alpha1.WaveOverride) { o.Spec.Uses = v1alpha1.UsesOnce }
	for name, test := range map[string]struct {
		override func(*v1alpha1.WaveOverride)
		change   func(*ctrladmission.Request)
		allowed  bool
	}{
		"on dry-run, where the write passes too": {
			override: once, change: func(r *ctrladmission.Request) { r.DryRun = new(true) }, allowed: true,
		},
		"by another rollout": {change: func(r *ctrladmission.Request) { r.Name = "v" }},
		"when it does not suffice": {override: func(o *v1alpha1.WaveOverride) {
			once(o)
			o.Spec.MaxFailureProbability = "0.6"
		}},
		"when it has ended": {override: func(o *v1alpha1.WaveOverride) {
			once(o)
			o.Spec.ExpiresAt = &metav1.Time{Time: time.Now().Add(-time.Second)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			handler, kept, uses := overridden(t, newOverride(t, "incident", v1alpha1.UsesUnlimited, test.override))
			r := request(admissionv1.Update)
			if test.change != nil {
				test.change(&r)
			}
			g.Expect(handler.Handle(t.Context(), r).Allowed).To(gomega.Equal(test.allowed))
			g.Expect(uses.claims).To(gomega.BeEmpty())
			g.Expect(uses.counts).To(gomega.BeEmpty())
			if test.allowed {
				g.Expect(kept.list[0].Override).To(gomega.Equal("apps/incident"))
			} else {
				g.Expect(kept.list[0].Override).To(gomega.BeEmpty())
			}
		})
	}
}

// TestARefusedWriteUsesNothingUp holds that of two overrides, without one of which the write is
// refused, none is used when one is gone.
func TestARefusedWriteUsesNothingUp(t *testing.T) {
	g := gomega.NewWithT(t)
	short := newOverride(t, "a-short", v1alpha1.UsesOnce, nil)
	long := newOverride(t, "long", v1alpha1.UsesOnce, func(o *v1alpha1.WaveOverride) {
		o.Spec.MaxFailureProbability = "1"
		o.Spec.ExpiresAt = &metav1.Time{Time: o.Spec.ExpiresAt.Add(time.Hour)}
	})
	handler, kept, uses := overridden(t, short, long)
	set := &policy.Set{}
	for name, change := range map[string]func(*v1alpha1.WavePolicySpec){
		"accepts no long ones": func(s *v1alpha1.WavePolicySpec) { s.MaxOverrideDurationSeconds = new(int32(3601)) },
		"needs a large one":    func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Default = "0.9" },
	} {
		source := &v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
		source.Spec.MaxWaveFailureProbability, source.Spec.SuccessRate = "0.2", &v1alpha1.SuccessRate{Default: "0.99"}
		change(&source.Spec)
		compiled, err := policy.Compile(source)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		set.Put(compiled)
	}
	handler.Evaluator.Policies = set
	uses.gone = "long"
	g.Expect(handler.Handle(t.Context(), request(admissionv1.Update)).Allowed).To(gomega.BeFalse())
	g.Expect(kept.list[0].Reason).To(gomega.Equal("WaveOverLimit"))
	g.Expect(uses.claims).To(gomega.HaveLen(2), "one was there, and one was not")
	g.Expect(uses.taken).To(gomega.BeEmpty())

	uses.gone = ""
	g.Expect(handler.Handle(t.Context(), request(admissionv1.Update)).Allowed).To(gomega.BeTrue())
	g.Expect(uses.taken).To(gomega.Equal([]string{"a-short", "long"}))
}

func TestASingleUseIsClaimedBeforeTheWriteIsAdmitted(t *testing.T) {
	spent := newOverride(t, "incident", v1alpha1.UsesOnce, func(o *v1alpha1.WaveOverride) {
		o.Status = v1alpha1.WaveOverrideStatus{TimesUsed: new(int64(1)), LastUsedTime: new(metav1.Now()), LastWrite: "another"}
	})
	for name, test := range map[string]struct {
		ledger  ledger
		other   *policy.Override
		allowed bool
		message string
		counted int
	}{
		"and the write passes": {allowed: true},
		"or denied, when another write was first": {
			ledger: ledger{lost: true, now: spent}, message: denial + " WaveOverride apps/incident has been used.",
		},
		"or denied, when it is gone": {ledger: ledger{lost: true}, message: denial},
		"or passes by another override": {
			ledger: ledger{lost: true, now: spent}, other: newOverride(t, "large", v1alpha1.UsesUnlimited, func(o *v1alpha1.WaveOverride) {
				o.Spec.MaxFailureProbability = "1"
			}), allowed: true, counted: 1,
		},
		"or not judged, when the API server does not answer": {
			ledger:  ledger{err: errors.New("no answer")},
			message: "Seawall could not judge Wave apps/w: using WaveOverride apps/incident: no answer (not a denial: --on-error is Deny)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			overrides := []*policy.Override{newOverride(t, "incident", v1alpha1.UsesOnce, nil)}
			if test.other != nil {
				overrides = append(overrides, test.other)
			}
			handler, _, uses := overridden(t, overrides...)
			*uses = test.ledger
			response := handler.Handle(t.Context(), request(admissionv1.Update))
			g.Expect(response.Allowed).To(gomega.Equal(test.allowed))
			if !test.allowed {
				g.Expect(response.Result.Message).To(gomega.Equal(test.message))
			}
			if test.ledger.err != nil {
				g.Expect(response.Result.Code).To(gomega.BeEquivalentTo(http.StatusInternalServerError))
			}
			g.Expect(uses.claims).To(gomega.HaveLen(1))
			g.Expect(uses.counts).To(gomega.HaveLen(test.counted))
		})
	}
}

// TestTheSameWriteIsKnown proves which writes are one write, by what Claim is told.
func TestTheSameWriteIsKnown(t *testing.T) {
	const stored = `{"metadata":{"name":"w","uid":"u","generation":3,"resourceVersion":"7"},"spec":{"a":1},"status":{"n":1}}`
	const written = `{"metadata":{"name":"w","uid":"u","generation":4,"resourceVersion":"7","labels":{"l":"1"},"annotations":{"k":"1"}},"spec":{"a":2},"status":{"n":1}}`
	write := func(change func(*ctrladmission.Request), replacing ...string) string {
		handler, _, uses := overridden(t, newOverride(t, "incident", v1alpha1.UsesOnce, nil))
		replacer := strings.NewReplacer(replacing...)
		r := request(admissionv1.Update)
		r.OldObject.Raw, r.Object.Raw = []byte(replacer.Replace(stored)), []byte(replacer.Replace(written))
		if change != nil {
			change(&r)
		}
		handler.Handle(t.Context(), r)
		gomega.NewWithT(t).Expect(uses.claims).To(gomega.HaveLen(1))
		return uses.claims[0].Write
	}
	g := gomega.NewWithT(t)
	first := write(nil)
	g.Expect(first).To(gomega.HaveLen(64))
	g.Expect(write(nil)).To(gomega.Equal(first))
	g.Expect(write(func(r *ctrladmission.Request) { r.UID = "u2" })).To(gomega.Equal(first), "asked again")
	g.Expect(write(nil, `"7"`, `"8"`, `"n":1`, `"n":2`)).To(gomega.Equal(first), "after the status has changed")

	others := map[string]string{
		"another spec":           write(nil, `"a":2`, `"a":3`),
		"another label":          write(nil, `"l":"1"`, `"l":"2"`),
		"another annotation":     write(nil, `"k":"1"`, `"k":"2"`),
		"after another spec":     write(nil, `"generation":3`, `"generation":4`),
		"after it was recreated": write(nil, `"uid":"u"`, `"uid":"v"`),
		"by another user":        write(func(r *ctrladmission.Request) { r.UserInfo.Username = "eve" }),
	}
	for what, other := range others {
		g.Expect(other).To(gomega.And(gomega.HaveLen(64), gomega.Not(gomega.Equal(first))), what)
	}
	g.Expect(write(func(r *ctrladmission.Request) { r.Operation = admissionv1.Create })).To(gomega.BeEmpty(), "a creation is like no other")
}

// TestOnlyTheAPIServerIsBelieved holds that a claim carries by what its write can be recognised,
// unless it is the API server for certain that asks.
func TestOnlyTheAPIServerIsBelieved(t *testing.T) {
	claim := func(authenticated bool, operation admissionv1.Operation) policy.Use {
		handler, _, uses := overridden(t, newOverride(t, "incident", v1alpha1.UsesOnce, nil))
		handler.Authenticated = authenticated
		handler.Handle(t.Context(), request(operation))
		gomega.NewWithT(t).Expect(uses.claims).To(gomega.HaveLen(1))
		return uses.claims[0]
	}
	g := gomega.NewWithT(t)
	g.Expect(claim(true, admissionv1.Update)).To(gomega.And(gomega.HaveField("Authenticated", true), gomega.HaveField("After", "")))
	g.Expect(claim(false, admissionv1.Update)).To(gomega.And(gomega.HaveField("Authenticated", false),
		gomega.HaveField("Before", gomega.HaveLen(64)), gomega.HaveField("After", gomega.HaveLen(64))))
	g.Expect(claim(false, admissionv1.Create)).To(gomega.And(gomega.HaveField("Before", ""), gomega.HaveField("After", gomega.HaveLen(64))))
}
