package applicationset_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// TestWhatTheOracleFound holds what Seawall counted otherwise than Argo CD's own controller did in the
// random writes of hack/oracle.
func TestWhatTheOracleFound(t *testing.T) {
	list := func(elements ...any) map[string]any {
		return map[string]any{"list": map[string]any{"elements": elements}}
	}
	element := func(name, env string) map[string]any {
		return map[string]any{"name": name, "env": env, "url": "https://a.example.com"}
	}
	plain := goSpec(list(element("a", "dev"), element("b", "prod")))
	source := func(of spec, key, text string) spec { return with(t, of, text, "template", "spec", "source", key) }
	automated := func(of spec, how any) spec {
		return with(t, of, map[string]any{"automated": how}, "template", "spec", "syncPolicy")
	}
	manual := with(t, plain, map[string]any{}, "template", "spec", "syncPolicy")
	steps := func(of spec, steps ...any) spec { return with(t, of, rolling(steps...), "strategy") }
	paced := steps(plain, maxUpdate(1))
	ignoring := func(of spec) spec {
		return with(t, of, []any{map[string]any{"jsonPointers": []any{"/spec/source/targetRevision"}}}, "ignoreApplicationDifferences")
	}
	createOnly := func(of spec) spec {
		return with(t, of, map[string]any{"applicationsSync": "create-only"}, "syncPolicy")
	}
	twice := goSpec(list(element("a", "dev"), element("a", "prod"), element("b", "prod"), element("c", "prod")))
	for name, test := range map[string]struct {
		before, after spec
		// healthy are the Applications of which the status says so.
		healthy string
		want    string
	}{
		"what is ignored has failed to render": {
			ignoring(source(plain, "targetRevision", "{{ len .missing }}")), ignoring(plain), "", "Added a b",
		},
		"a new strategy syncs what did not sync by itself": {manual, steps(manual, maxUpdate(1)), "", "Released a b"},
		"a new strategy paces what did":                    {plain, paced, "", ""},
		"automated syncs switched on under a strategy": {
			automated(paced, map[string]any{"enabled": false, "prune": true}), automated(paced, map[string]any{"prune": true}), "", "",
		},
		"automated syncs made otherwise under a strategy": {
			paced, automated(paced, map[string]any{"prune": true, "selfHeal": true}), "", "Changed a b",
		},
		"automated syncs spelled out": {plain, automated(plain, map[string]any{"enabled": true, "prune": true}), "", ""},
		"a patch beside an empty text": {
			source(goSpec(list(map[string]any{"name": "a", "env": "", "url": "x"})), "chart", "{{.env}}"),
			with(t, source(goSpec(list(map[string]any{"name": "a", "env": "", "url": "x"})), "chart", "{{.env}}"), "metadata: {labels: {x: z}}", "templatePatch"),
			"", "",
		},
		"create-only after the stored object has failed": {
			createOnly(goSpec(list(element("a", "dev")), list(map[string]any{"name": "b"}))), createOnly(goSpec(list(element("a", "dev")))), "", "Added a",
		},
		"create-only after a name was there twice": {
			createOnly(goSpec(list(element("a", "dev"), element("a", "prod")))), createOnly(goSpec(list(element("a", "dev")))), "", "Added a",
		},
		"create-only after what exists has failed": {
			createOnly(goSpec(list(element("there", "dev")), list(map[string]any{"name": "b"}))), createOnly(goSpec(list(element("there", "dev")))), "", "",
		},
		"a step goes that waited for a name that was there twice": {
			steps(twice, matching("In", "env", "dev"), matching("In", "env", "prod")), steps(twice, matching("In", "env", "prod")), "b", "Released a c",
		},
	} {
		t.Run(name, func(t *testing.T) {
			write := update(t, test.before, test.after)
			write.OldObject.Metadata.UID = "uid"
			write.OldObject.Status = statusOf(test.healthy)
			argo := newArgoCD(t, []byte(`{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {namespace: argocd, name: there,
				ownerReferences: [{apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet, name: tenants, uid: uid, controller: true}]}}`))
			write.Namespace = "argocd"
			change, err := argo.read(write)
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			NewWithT(t).Expect(effects(change)).To(Equal(test.want))
		})
	}
}

func statusOf(healthy string) []byte {
	if healthy == "" {
		return nil
	}
	return fmt.Appendf(nil, `{"applicationStatus": [{"application": %q, "status": "Healthy"}]}`, healthy)
}

// effects spells the affected Applications by effect.
func effects(change rollout.Change) string {
	var all []string
	for _, effect := range []rollout.Effect{rollout.Added, rollout.Changed, rollout.Removed, rollout.Released} {
		var names []string
		for _, step := range change.Steps {
			for _, target := range step.All() {
				if target.Effect == effect {
					names = append(names, target.Name)
				}
			}
		}
		if slices.Sort(names); len(names) > 0 {
			all = append(all, string(effect)+" "+strings.Join(names, " "))
		}
	}
	return strings.Join(all, ", ")
}
