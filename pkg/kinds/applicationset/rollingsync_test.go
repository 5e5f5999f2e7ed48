package applicationset_test

import (
	"errors"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

func rolling(steps ...any) map[string]any {
	return map[string]any{"type": "RollingSync", "rollingSync": map[string]any{"steps": steps}}
}

// maxUpdate is a step of every Application.
func maxUpdate(value any) map[string]any { return map[string]any{"maxUpdate": value} }

func matching(operator, key string, values ...any) map[string]any {
	return map[string]any{"matchExpressions": []any{map[string]any{"key": key, "operator": operator, "values": values}}}
}

// The table is what Argo CD's own code answers for a step of 20 Applications.
func TestMaxUpdateRoundsAsArgoCDDoes(t *testing.T) {
	for value, window := range map[any]int{
		nil: 20, 0: 0, -3: 0, "0%": 0, 1: 1, 3: 3, 50: 20,
		"1%": 1, "10%": 2, "19%": 3, "25%": 5, "33%": 6, "50%": 10, "100%": 20, "200%": 20,
		"00%": 1, "5": 1, "foo": 1, "": 1, "0.5%": 1, "-10%": 1,
	} {
		t.Run(fmt.Sprintf("%#v", value), func(t *testing.T) {
			g := NewWithT(t)
			change, err := (&argoCD{progressive: true}).read(creation(t, with(t, tenants(20), rolling(maxUpdate(value)), "strategy")))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Steps).To(HaveLen(1))
			g.Expect(change.Steps[0].InFlight).To(Equal(window))
		})
	}
}

// mixed is a list of Applications whose label env is each of the values in turn.
func mixed(envs ...string) spec {
	elements := make([]any, len(envs))
	for i, env := range envs {
		elements[i] = map[string]any{"name": fmt.Sprintf("app-%02d", i), "env": env, "url": "https://a.example.com"}
	}
	return goSpec(map[string]any{"list": map[string]any{"elements": elements}})
}

func TestStepsSelectAsArgoCDDoes(t *testing.T) {
	for name, test := range map[string]struct {
		steps []any
		want  string
	}{
		"in several steps the first one wins":                   {[]any{matching("In", "env", "dev", "prod"), matching("In", "env", "prod")}, "3;unmatched=1"},
		"a missing label passes NotIn":                          {[]any{matching("NotIn", "tier", "x")}, "4;unmatched=0"},
		"a missing label fails In":                              {[]any{matching("In", "tier", "x")}, ";unmatched=4"},
		"a missing label passes an operator that is unknown":    {[]any{matching("Exists", "tier")}, "4;unmatched=0"},
		"a label that is there fails an operator that is not":   {[]any{matching("Exists", "env")}, ";unmatched=4"},
		"a step without expressions selects all that are left":  {[]any{matching("In", "env", "dev"), maxUpdate(1)}, "1|3;unmatched=0"},
		"an empty step is no step of the change":                {[]any{matching("In", "env", "none"), matching("NotIn", "env", "none")}, "4;unmatched=0"},
		"expressions of a step must all match, not any of them": {[]any{map[string]any{"matchExpressions": []any{matching("In", "env", "dev")["matchExpressions"].([]any)[0], matching("In", "env", "qa")["matchExpressions"].([]any)[0]}}}, ";unmatched=4"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			change, err := (&argoCD{progressive: true}).read(creation(t, with(t, mixed("dev", "prod", "prod", "qa"), rolling(test.steps...), "strategy")))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(spell(change)).To(Equal(test.want))
		})
	}
}

func TestWhichPercentage(t *testing.T) {
	g := NewWithT(t)
	half := matching("In", "env", "prod")
	half["maxUpdate"] = "50%"
	spec := with(t, mixed("prod", "prod", "none", "none", "none", "none"), rolling(half), "strategy")
	change, err := (&argoCD{progressive: true}).read(creation(t, spec))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Steps[0].InFlight).To(Equal(2), "Applications of no step widen the first: 50%% of 6, of which 2 are there")

	before := with(t, mixed("prod", "prod", "prod", "prod"), rolling(half), "strategy")
	after := with(t, mixed("prod", "prod", "prod", "prod", "prod", "prod"), rolling(half), "strategy")
	change, err = (&argoCD{progressive: true}).read(update(t, before, after))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Affected()).To(Equal(2), "a step that grows is no looser one")
	g.Expect(change.Steps[0].InFlight).To(Equal(2), "50%% is of all 6, affected or not")
}

func TestPacing(t *testing.T) {
	dev, prod := matching("In", "env", "dev"), matching("In", "env", "prod")
	slow := func(step map[string]any, n any) map[string]any { return with(t, step, n, "maxUpdate") }
	apps := mixed("dev", "dev", "prod", "prod", "prod")
	for name, test := range map[string]struct {
		before, after any
		off           bool
		relabelled    bool
		affected      int
	}{
		"a larger window releases all":                     {before: rolling(maxUpdate(1)), after: rolling(maxUpdate(2)), affected: 5},
		"a smaller window releases none":                   {before: rolling(maxUpdate(3)), after: rolling(maxUpdate(2))},
		"a strategy where there was none releases none":    {after: rolling(maxUpdate(2))},
		"a strategy taken away releases all":               {before: rolling(maxUpdate(2)), affected: 5},
		"a strategy of another type releases all":          {before: rolling(maxUpdate(2)), after: map[string]any{"type": "AllAtOnce"}, affected: 5},
		"a window past all there are is no larger one":     {before: rolling(maxUpdate(5)), after: rolling(maxUpdate(50))},
		"an open gate releases all":                        {before: rolling(slow(dev, 0), slow(prod, 1)), after: rolling(slow(dev, 1), slow(prod, 1)), affected: 5},
		"a gate releases none":                             {before: rolling(slow(dev, 1), slow(prod, 1)), after: rolling(slow(dev, 0), slow(prod, 1))},
		"a step for those who had none releases all":       {before: rolling(slow(dev, 1)), after: rolling(slow(dev, 1), slow(prod, 1)), affected: 5},
		"a split step releases none":                       {before: rolling(maxUpdate(2)), after: rolling(slow(dev, 2), slow(prod, 2))},
		"while progressive syncs are off nothing releases": {before: rolling(maxUpdate(1)), off: true},
		"labels alone that enlarge no wave release none":   {before: rolling(slow(dev, 2), slow(prod, 2)), after: rolling(slow(dev, 2), slow(prod, 2)), relabelled: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			before, after := with(t, apps, test.before, "strategy"), with(t, apps, test.after, "strategy")
			if test.relabelled {
				after = with(t, mixed("dev", "prod", "prod", "prod", "dev"), test.after, "strategy")
				before, after = with(t, before, map[string]any{}, "template", "spec"), with(t, after, map[string]any{}, "template", "spec")
			}
			change, err := (&argoCD{progressive: !test.off}).read(update(t, before, after))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(Equal(test.affected))
			for _, step := range change.Steps {
				for _, target := range step.All() {
					g.Expect(target.Effect).To(Equal(rollout.Released))
				}
			}
		})
	}
}

func TestOpenGeneratorsUnderAStrategy(t *testing.T) {
	git := func(strategy any) spec {
		return with(t, goSpec(map[string]any{"git": map[string]any{"repoURL": "x"}}), strategy, "strategy")
	}
	other := matching("NotIn", "env", "prod")
	for name, test := range map[string]struct {
		before, after any
		looser        bool
	}{
		"a smaller number is tighter":                  {before: rolling(maxUpdate(9)), after: rolling(maxUpdate(8))},
		"a larger number is looser":                    {before: rolling(maxUpdate(8)), after: rolling(maxUpdate(9)), looser: true},
		"a smaller percentage is tighter":              {before: rolling(maxUpdate("9%")), after: rolling(maxUpdate("8%"))},
		"a larger percentage is looser":                {before: rolling(maxUpdate("8%")), after: rolling(maxUpdate("9%")), looser: true},
		"a number for a percentage may be looser":      {before: rolling(maxUpdate("8%")), after: rolling(maxUpdate(1)), looser: true},
		"none for a percentage is tighter":             {before: rolling(maxUpdate("8%")), after: rolling(maxUpdate(0))},
		"a percentage for none is looser":              {before: rolling(maxUpdate("0%")), after: rolling(maxUpdate("1%")), looser: true},
		"a number for no limit is tighter":             {before: rolling(map[string]any{}), after: rolling(maxUpdate(100))},
		"no limit for a number is looser":              {before: rolling(maxUpdate(100)), after: rolling(map[string]any{}), looser: true},
		"other expressions may be looser":              {before: rolling(maxUpdate(1)), after: rolling(with(t, other, 1, "maxUpdate")), looser: true},
		"no strategy for one is looser":                {before: rolling(maxUpdate(1)), looser: true},
		"a strategy for none is tighter":               {after: rolling(maxUpdate(1))},
		"an unknown percentage for another is tighter": {before: rolling(maxUpdate("foo")), after: rolling(maxUpdate("bar"))},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			change, err := (&argoCD{progressive: true}).read(update(t, git(test.before), git(test.after)))
			if test.looser {
				var unresolved *rollout.UnresolvedError
				g.Expect(errors.As(err, &unresolved)).To(BeTrue(), "%v", err)
				g.Expect(unresolved.Field).To(Equal("spec.generators[0].git"))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(BeZero())
		})
	}
}

func TestAnInventoryThatIsNotReadYet(t *testing.T) {
	notYet := &argoCD{err: errors.New("not synced")}
	g := NewWithT(t)

	_, err := notYet.read(creation(t, with(t, tenants(2), rolling(maxUpdate(1)), "strategy")))
	g.Expect(err).To(MatchError(ContainSubstring("spec.strategy cannot be judged yet")))

	change, err := notYet.read(creation(t, tenants(2)))
	g.Expect(err).NotTo(HaveOccurred(), "without a strategy nothing depends on it")
	g.Expect(change.Affected()).To(Equal(2))

	change, err = notYet.read(update(t, with(t, tenants(2), rolling(maxUpdate(2)), "strategy"), with(t, tenants(2), rolling(maxUpdate(1)), "strategy")))
	g.Expect(err).NotTo(HaveOccurred(), "what only tightens passes either way")
	g.Expect(change.Affected()).To(BeZero())

	all := goSpec(map[string]any{"clusters": map[string]any{}})
	_, err = notYet.read(creation(t, all))
	g.Expect(err).To(MatchError(ContainSubstring("spec.generators[0].clusters cannot be counted yet")))
}

func TestWhatALooserPacingReleasesOfOpenGenerators(t *testing.T) {
	prod := with(t, matching("In", "env", "prod"), "10%", "maxUpdate")
	git := func(last map[string]any) spec {
		return with(t, goSpec(map[string]any{"git": map[string]any{"repoURL": "x"}}), rolling(prod, last), "strategy")
	}
	withStatus := func(before, after spec) rollout.Write {
		write := update(t, before, after)
		write.OldObject.Status = []byte(`{"resourcesCount":9,"applicationStatus":[{"application":"a","status":"Healthy"},{"application":"b","status":"Waiting"}]}`)
		return write
	}
	for name, test := range map[string]struct {
		last     map[string]any
		declared string
		want     rollout.Step
		evidence string
	}{
		"the status counts what is not healthy": {
			last: maxUpdate(3), evidence: "status.resourcesCount",
			want: rollout.Step{Declared: 8, InFlight: 3},
		},
		"a declaration comes before it": {
			last: maxUpdate(3), declared: "21", evidence: "annotation seawall.dev/environments",
			want: rollout.Step{Declared: 20, InFlight: 3},
		},
		"a step of every Application holds the unknown ones": {
			last: maxUpdate("50%"), declared: "21", evidence: "annotation seawall.dev/environments",
			want: rollout.Step{Declared: 20, InFlight: 10},
		},
		"or else the one with the largest window": {
			last: with(t, matching("In", "env", "qa"), 7, "maxUpdate"), evidence: "status.resourcesCount",
			want: rollout.Step{Declared: 8, InFlight: 7},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			before := with(t, test.last, 1, "maxUpdate")
			write := withStatus(git(before), git(test.last))
			if test.declared != "" {
				write.Metadata().Annotations = map[string]string{"seawall.dev/environments": test.declared}
			}
			change, err := (&argoCD{progressive: true}).read(write)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Evidence).To(Equal(test.evidence))
			g.Expect(change.Steps).To(HaveLen(1))
			g.Expect(change.Steps[0].Declared).To(Equal(test.want.Declared))
			g.Expect(change.Steps[0].InFlight).To(Equal(test.want.InFlight))
			g.Expect(change.Steps[0].PaceRemedy).To(Equal("set spec.strategy.rollingSync.steps[1].maxUpdate to {n}"))
			g.Expect(change.Steps[0].SplitRemedy).To(Equal("split spec.strategy.rollingSync.steps[1] into steps of at most {n} Applications each"))
		})
	}
}
