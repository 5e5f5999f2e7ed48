package applicationset_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// named renders a name for one element.
func named(tb testing.TB, goTemplate bool, name string, element any) (string, error) {
	tb.Helper()
	spec := spec{
		"goTemplate": goTemplate, "generators": []any{map[string]any{"list": map[string]any{"elements": []any{element}}}},
		"template": map[string]any{"metadata": map[string]any{"name": name}, "spec": map[string]any{}},
	}
	change, err := (&argoCD{anyName: true}).read(creation(tb, spec))
	if err != nil || change.Affected() != 1 {
		return "", err
	}
	return change.Steps[0].All()[0].Name, nil
}

// Facts of Argo CD's applicationset/utils: template_functions_test.go and utils_test.go.
func TestNamesRenderAsInArgoCD(t *testing.T) {
	element := map[string]any{"x": "Some_Thing.Ü", "n": 8080, "deep": map[string]any{"a": "b"}, "list": []any{"p", "q"}, "big": 1000000}
	for name, test := range map[string]struct {
		text, want string
		fast       bool
	}{
		"normalize makes a DNS name":              {text: "{{normalize .x}}", want: "some-thing"},
		"slugify has a size of fifty":             {text: "{{slugify .x}}", want: "some-thing"},
		"slugify cuts between words":              {text: `{{slugify 23 true "foo/bar-with-very-long/name"}}`, want: "foo-bar-with-very-long"},
		"slugify cuts within words":               {text: `{{slugify 10 false "feat/a_really+long_pull_request_name"}}`, want: "feat-a-rea"},
		"toYaml and fromYaml invert another":      {text: `{{(toYaml .deep | fromYaml).a}}`, want: "b"},
		"fromYamlArray reads a list":              {text: `{{index (fromYamlArray "[p, q]") 1}}`, want: "q"},
		"numbers are floats":                      {text: "{{.n}}-{{.big}}", want: "8080-1e+06"},
		"a missing key is no value by default":    {text: "{{.missing}}", want: "<no value>"},
		"dots go deep":                            {text: "{{.deep.a}}", want: "b"},
		"loops and variables work":                {text: `{{range $i, $e := .list}}{{$i}}{{$e}}{{end}}`, want: "0p1q"},
		"templates call templates":                {text: `{{define "t"}}<{{.}}>{{end}}{{template "t" .deep.a}}`, want: "<b>"},
		"set changes what follows":                {text: `{{$_ := set . "y" "z"}}{{.y}}`, want: "z"},
		"printf works":                            {text: `{{printf "%s-%03d" .deep.a 7}}`, want: "b-007"},
		"regular expressions work":                {text: `{{regexReplaceAll "[^a-z]+" "a1b2" "-"}}`, want: "a-b-"},
		"lists lose what is there twice":          {text: `{{list "a" "b" "a" | uniq | join "+"}}`, want: "a+b"},
		"decimals add up":                         {text: `{{addf 0.1 0.2 | toString}}-{{add1f 1.5}}`, want: "0.3-2.5"},
		"merge merges":                            {text: `{{(merge (dict "a" "x") .deep (dict "c" (list (dict "d" 1)))).a}}`, want: "x"},
		"unless, else and with choose":            {text: `{{if .nope}}x{{else if .deep}}{{with .deep.a}}{{.}}{{end}}{{end}}`, want: "b"},
		"text alone stays":                        {text: "plain}}", want: "plain}}"},
		"fasttemplate replaces names":             {text: "{{ x }}-y", want: "Some_Thing.Ü-y", fast: true},
		"fasttemplate leaves what it cannot find": {text: "{{ nobody}}", want: "{{ nobody}}", fast: true},
		"fasttemplate takes an object of values":  {text: "{{values.v}}", want: "w", fast: true},
		"fasttemplate wants a tag on one line":    {text: "{{x\n}}", want: "{{x\n}}", fast: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			value := any(element)
			if test.fast {
				value = map[string]any{"x": element["x"], "values": map[string]any{"v": "w"}}
			}
			rendered, err := named(t, !test.fast, test.text, value)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(rendered).To(Equal(test.want))
		})
	}
}

func TestTemplatesThatDoNotRender(t *testing.T) {
	big := strings.Repeat("x", 100_000)
	for name, test := range map[string]struct {
		text, problem string
	}{
		"the environment is out of reach":          {`{{env "PATH"}}`, "function 'env' not defined"},
		"expandenv is out of reach":                {`{{expandenv "$PATH"}}`, "function 'expandenv' not defined"},
		"the network is out of reach":              {`{{getHostByName "x"}}`, "function 'getHostByName' not defined"},
		"keys are not made":                        {`{{genPrivateKey "rsa"}}`, "uses a function that Seawall does not execute"},
		"fail fails":                               {`{{fail "on purpose"}}`, "on purpose"},
		"half a tag does not parse":                {`{{.x`, "unclosed action"},
		"repeat is bounded":                        {`{{repeat 100000000 "x"}}`, "needs more than 4 MiB"},
		"until is bounded":                         {`{{range until 1000000000}}{{end}}`, "needs more than 4 MiB"},
		"untilStep cannot overflow":                {`{{untilStep 9223372036854775806 9223372036854775807 2}}`, "needs more than 4 MiB"},
		"seq is bounded":                           {`{{seq 1 1000000000}}`, "needs more than 4 MiB"},
		"indent is bounded":                        {`{{indent 1000000000 "x"}}`, "needs more than 4 MiB"},
		"random text is bounded":                   {`{{randAlphaNum 1000000000}}`, "needs more than 4 MiB"},
		"widths of printf are bounded":             {`{{printf "` + strings.Repeat("%999999d", 9) + `" 1}}`, "needs more than 4 MiB"},
		"arguments used again are bounded":         {`{{printf "` + strings.Repeat("%[1]s", 1000) + `" .big}}`, "needs more than 4 MiB"},
		"doubling is bounded":                      {`{{$x := "x"}}{{range until 40}}{{$x = print $x $x}}{{end}}`, "needs more than 4 MiB"},
		"doubling a list is bounded":               {`{{$x := list 1}}{{range until 40}}{{$x = concat $x $x}}{{end}}`, "needs more than 4 MiB"},
		"nested doubling is bounded":               {`{{$x := list 1}}{{range until 40}}{{$x = list $x $x}}{{end}}{{$x}}`, "needs more than 4 MiB"},
		"escaping again and again is bounded":      {`{{$x := "\\"}}{{range until 40}}{{$x = js $x}}{{end}}`, "needs more than 4 MiB"},
		"replacing everything is bounded":          {`{{replace "" .big .big}}`, "needs more than 4 MiB"},
		"loops in loops are bounded":               {`{{range .l}}{{range $.l}}{{range $.l}}{{range $.l}}{{range $.l}}{{end}}{{end}}{{end}}{{end}}{{end}}`, "needs more than 4 MiB"},
		"loops over numbers are bounded":           {`{{range 1000000000}}{{end}}`, "needs more than 4 MiB"},
		"templates that call themselves are":       {`{{define "t"}}{{template "t"}}{{template "t"}}{{end}}{{template "t"}}`, "needs more than 4 MiB"},
		"a value cannot contain itself by set":     {`{{$d := dict}}{{$_ := set $d "a" $d}}{{$d}}`, "puts a value into itself"},
		"a value cannot contain itself by a list":  {`{{$d := dict}}{{$_ := set $d "a" (list $d)}}{{$d}}`, "puts a value into itself"},
		"a value cannot contain itself by merge":   {`{{$d := dict "e" (dict)}}{{$_ := merge $d (dict "e" (dict "a" $d))}}{{$d}}`, "puts a value into itself"},
		"the parameters cannot contain themselves": {`{{$_ := set . "a" .}}{{.}}`, "puts a value into itself"},
		"growth behind the back is bounded":        {`{{$i := dict}}{{$o := list}}{{range until 1000}}{{$o = append $o $i}}{{end}}{{$_ := set $i "x" .big}}{{$o}}`, "needs more than 4 MiB"},
		"YAML aliases are bounded":                 {"{{fromYaml `a: &a [" + strings.Repeat("xxxxxxxxxx,", 100) + "]\nb: &b [" + strings.Repeat("*a,", 100) + "]\nc: [" + strings.Repeat("*b,", 100) + "]`}}", "expand to more than 4 MiB"},
		"regular expressions are bounded":          {`{{regexMatch "((x{30}){30})" .big}}`, "needs more than 4 MiB"},
		"comparing all with all is bounded":        {`{{until 20000 | uniq}}`, "needs more than 4 MiB"},
		"long sums are bounded":                    {`{{mulf ` + strings.Repeat("1e300 ", 500) + `}}`, "needs more than 4 MiB"},
		"slugify wants what it wants":              {`{{slugify "x" "y" "z"}}`, "slugify wants a size"},
		"output is bounded":                        {strings.Repeat("{{.big}}", 11), "renders to more than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			items := make([]any, 200)
			start := time.Now()
			_, err := named(t, true, test.text, map[string]any{"big": big, "l": items})
			if strings.Contains(test.problem, "more than") && test.problem != "renders to more than 1 MiB" {
				g.Expect(err).To(MatchError(budget.ErrExceeded), "a limit of Seawall's own")
				g.Expect(err).To(MatchError(And(HavePrefix("spec.template.metadata.name: "), ContainSubstring(test.problem))))
				g.Expect(rollout.IsFinding(err)).To(BeFalse())
				return
			}
			var unresolved *rollout.UnresolvedError
			g.Expect(errors.As(err, &unresolved)).To(BeTrue(), "%v", err)
			g.Expect(unresolved.Field).To(Equal("spec.template.metadata.name"))
			g.Expect(unresolved.Problem).To(HavePrefix("does not render for spec.generators[0].list.elements[0]: "))
			g.Expect(unresolved.Problem).To(ContainSubstring(test.problem))
			g.Expect(unresolved.Problem).NotTo(ContainSubstring("\n"))
			g.Expect(time.Since(start)).To(BeNumerically("<", 10*time.Second))
		})
	}
}

func TestADeadlineEndsATemplate(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	argo := &argoCD{}
	for name, spec := range map[string]spec{"between": tenants(2), "within": with(t, tenants(1), "{{range until 9}}{{end}}", "template", "metadata", "name")} {
		_, err := argo.kind().Reader.Read(ctx, creation(t, spec))
		g.Expect(err).To(MatchError(context.Canceled), name)
	}
}

func TestTooManyEnvironments(t *testing.T) {
	g := NewWithT(t)
	spec := goSpec(map[string]any{"list": map[string]any{"elementsYaml": "[" + strings.Repeat("{},", 1_000_001) + "]"}})
	spec["goTemplate"] = false
	write := creation(t, spec)
	write.Metadata().Annotations = map[string]string{"seawall.dev/environments": "3"}
	_, err := (&argoCD{}).read(write)
	g.Expect(err).To(MatchError(ContainSubstring("spec.generators[0].list expands to more than 1000000 sets of parameters")))
}

func TestWrongTypesAreNamed(t *testing.T) {
	for name, test := range map[string]struct {
		path  []string
		value any
		want  string
	}{
		"generators that are no list":         {[]string{"generators"}, "x", `spec.generators is "\"x\"": want a list`},
		"an entry that is no object":          {[]string{"generators"}, []any{3}, `spec.generators[0] is "3": want an object`},
		"elements that are no list":           {[]string{"generators"}, []any{map[string]any{"list": map[string]any{"elements": 1}}}, `spec.generators[0].list.elements is "1": want a list`},
		"an element that is no object":        {[]string{"generators"}, []any{map[string]any{"list": map[string]any{"elements": []any{map[string]any{}, "x"}}}}, `spec.generators[0].list.elements[1] is "\"x\"": want an object`},
		"elementsYaml that is no list":        {[]string{"generators"}, []any{map[string]any{"list": map[string]any{"elementsYaml": "a: b"}}}, `spec.generators[0].list.elementsYaml is not a YAML list of objects`},
		"goTemplate in quotes":                {[]string{"goTemplate"}, "true", `spec.goTemplate is "\"true\"": want true or false`},
		"an option that text/template panics": {[]string{"goTemplateOptions"}, []any{"missingkey=oops"}, `spec.goTemplateOptions[0] is "\"missingkey=oops\"": want missingkey=default`},
		"a template that is a list":           {[]string{"template"}, []any{}, `spec.template is "[]": want an object`},
		"a name that is a number":             {[]string{"template", "metadata", "name"}, 3, `spec.template.metadata.name is "3": want a string`},
		"a label that is a number":            {[]string{"template", "metadata", "labels"}, map[string]any{"a": 1}, `spec.template.metadata.labels.a is "1": want a string`},
		"a strategy that is a string":         {[]string{"strategy"}, "RollingSync", `spec.strategy is "\"RollingSync\"": want an object`},
		"a maxUpdate that is a fraction":      {[]string{"strategy"}, rolling(maxUpdate(1.5)), `spec.strategy.rollingSync.steps[0].maxUpdate is "1.5": want a whole number or a percentage`},
		"a generator that nobody knows":       {[]string{"generators"}, []any{map[string]any{"oracle": map[string]any{}}}, `spec.generators[0].oracle is a generator that this version does not know`},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			_, err := (&argoCD{}).read(creation(t, with(t, tenants(1), test.value, test.path...)))
			var unresolved *rollout.UnresolvedError
			g.Expect(errors.As(err, &unresolved)).To(BeTrue(), "%v", err)
			g.Expect(err.Error()).To(ContainSubstring(test.want))
		})
	}
}

func TestFastTemplatesTakeStrings(t *testing.T) {
	for name, test := range map[string]struct {
		element any
		want    string
	}{
		"a number":                {map[string]any{"port": 80}, `spec.generators[0].list.elements[0].port is "80": want a string, or goTemplate: true`},
		"values that are a list":  {map[string]any{"values": []any{}}, `spec.generators[0].list.elements[0].values is "[]": want an object of strings`},
		"a value that is a truth": {map[string]any{"values": map[string]any{"a": true}}, `spec.generators[0].list.elements[0].values.a is "true": want a string`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := named(t, false, "x", test.element)
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring(test.want)))
		})
	}
}

func TestGeneratorsAreUnresolvedByName(t *testing.T) {
	for key, problem := range map[string]string{
		"git": "is resolved over the network", "oci": "is resolved over the network", "scmProvider": "is resolved over the network",
		"pullRequest": "is resolved over the network", "plugin": "is resolved over the network",
	} {
		t.Run(key, func(t *testing.T) {
			g := NewWithT(t)
			_, err := (&argoCD{}).read(creation(t, goSpec(map[string]any{key: map[string]any{}})))
			g.Expect(err).To(Equal(rollout.Unresolved("spec.generators[0]."+key, "%s", problem)))
		})
	}
}

func TestClusters(t *testing.T) {
	g := NewWithT(t)
	argo := &argoCD{anyName: true, clusters: []cluster{
		{Secret: "b", Namespace: "argocd", Name: "one", Server: "https://b", Annotations: inventory.PairsOf(map[string]string{"seawall.dev/sync-success-rate": "0.9", "argocd.argoproj.io/refresh": "x"})},
		{Secret: "a", Namespace: "argocd", Name: "one", Server: "https://kubernetes.default.svc"},
		{Secret: "c", Namespace: "argocd", Name: "", Server: "https://c"},
	}}
	spec := spec{
		"generators": []any{map[string]any{"clusters": map[string]any{"values": map[string]any{"v": "{{server}}/{{values.v}}"}}}},
		"template":   map[string]any{"metadata": map[string]any{"name": "{{name}}|{{values.v}}|{{metadata.annotations.argocd.argoproj.io/refresh}}"}},
	}
	change, err := argo.read(creation(t, spec))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Steps[0].All()).To(ConsistOf(
		rollout.Target{Name: "one|https://b/{{values.v}}|{{metadata.annotations.argocd.argoproj.io/refresh}}", Effect: rollout.Added, SuccessRate: "0.9", Source: "Secret argocd/b"},
		rollout.Target{Name: "|https://c/{{values.v}}|{{metadata.annotations.argocd.argoproj.io/refresh}}", Effect: rollout.Added, Source: "Secret argocd/c"},
		rollout.Target{Name: "in-cluster|https://kubernetes.default.svc/{{values.v}}|{{metadata.annotations.argocd.argoproj.io/refresh}}", Effect: rollout.Added},
	), "the last Secret of a name stays, so that the local cluster has none")

	flat := goSpec(map[string]any{"clusters": map[string]any{"flatList": true, "selector": map[string]any{"matchLabels": map[string]any{"no": "one"}}}})
	flat = with(t, with(t, flat, map[string]any{}, "template", "metadata", "labels"), map[string]any{}, "template", "spec")
	change, err = argo.read(creation(t, with(t, flat, "all-{{len .clusters}}", "template", "metadata", "name")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Steps[0].All()).To(Equal([]rollout.Target{{Name: "all-0", Effect: rollout.Added}}))

	argo.asked = 0
	_, err = argo.read(update(t, spec, with(t, spec, map[string]any{"x": 1}, "template", "spec")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(argo.asked).To(Equal(1), "both objects are read against the same clusters")
}

func TestDuplicateNamesAreOneEnvironment(t *testing.T) {
	g := NewWithT(t)
	change, err := (&argoCD{}).read(creation(t, with(t, tenants(3), "same", "template", "metadata", "name")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Environments).To(Equal(1))
	g.Expect(change.Warnings).To(Equal([]string{fmt.Sprintf("3 sets of parameters render to the name %q: Argo CD 3.2 and later creates none of them (1 names are not unique)", "same")}))
}
