package fleet

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// The cases of Fleet's internal/cmd/controller/target/matcher/clustermatcher_test.go.
func TestMatches(t *testing.T) {
	both := criteria{ClusterName: "my-cluster", ClusterGroup: "my-group"}
	of := func(group string) *metav1.LabelSelector { return labelled(map[string]string{"of": group}) }
	shown := func(name string) map[string]string { return map[string]string{displayNameLabel: name} }
	tests := map[string]struct {
		criteria criteria
		cluster  cluster
		want     bool
	}{
		"the name":                            {criteria{ClusterName: "c-m-12345"}, named("c-m-12345", nil), true},
		"the name under which Rancher shows":  {criteria{ClusterName: "my-cluster"}, named("c-m-12345", shown("my-cluster")), true},
		"neither name":                        {criteria{ClusterName: "my-cluster"}, named("c-m-12345", shown("other-cluster")), false},
		"the name, shown under another":       {criteria{ClusterName: "c-m-12345"}, named("c-m-12345", shown("my-cluster")), true},
		"not shown by Rancher":                {criteria{ClusterName: "my-cluster"}, named("c-m-12345", nil), false},
		"imported":                            {criteria{ClusterName: "specific-name-1"}, named("c-12345", shown("specific-name-1")), true},
		"no criteria":                         {criteria{}, named("any-cluster", nil), false},
		"the group":                           {criteria{ClusterGroup: "my-group"}, named("any-cluster", nil, "my-group"), true},
		"another group":                       {criteria{ClusterGroup: "my-group"}, named("any-cluster", nil, "other-group"), false},
		"the second of two groups":            {criteria{ClusterGroup: "my-group"}, named("any-cluster", nil, "other-group", "my-group"), true},
		"name and group":                      {both, named("c", shown("my-cluster"), "my-group"), true},
		"the name only":                       {both, named("c", shown("my-cluster"), "other-group"), false},
		"the group only":                      {both, named("c", shown("other-cluster"), "my-group"), false},
		"an empty selector, in no group":      {criteria{ClusterGroupSelector: labelled(nil)}, named("c", nil), true},
		"a selector of groups, in no group":   {criteria{ClusterGroupSelector: labelled(map[string]string{"a": "b"})}, named("c", nil), false},
		"name of one group, label of another": {criteria{ClusterGroup: "one", ClusterGroupSelector: of("two")}, named("c", nil, "one", "two"), false},
		"name and label of the same group":    {criteria{ClusterGroup: "two", ClusterGroupSelector: of("two")}, named("c", nil, "one", "two"), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			matcher, err := tt.criteria.compile("field")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(matcher.matches(tt.cluster)).To(Equal(tt.want))
		})
	}
}

// The cases of bundlematch_test.go there: each target has its index as its options, and the
// GitRepo's own target, which is a restriction too, comes last.
func TestChosen(t *testing.T) {
	const edge, extra, every = `{"clusterSelector":{"matchLabels":{"edge":"true"}}}`, `{"clusterSelector":{"matchLabels":{"extra":"true"}}}`,
		`{"clusterSelector":{}}`
	const stopper = `{"clusterSelector":{"matchLabels":{"edge":"true"}},"doNotDeploy":true}`
	both := map[string]string{"edge": "true", "extra": "true"}
	tests := map[string]struct {
		targets, restrictions, mode string
		labels                      map[string]string
		want                        string // the targets whose options apply; "-" if it is not deployed to
	}{
		"no customization matches":            {edge + "," + every, every, "AllMatches", nil, "1"},
		"one matches":                         {edge + "," + extra + "," + every, every, "AllMatches", map[string]string{"edge": "true"}, "2 0"},
		"both match":                          {edge + "," + extra + "," + every, every, "AllMatches", both, "2 0 1"},
		"one for all":                         {every + "," + edge + "," + every, every, "AllMatches", map[string]string{}, "2 0"},
		"one of those that match stops it":    {edge + "," + stopper + "," + every, every, "AllMatches", map[string]string{"edge": "true"}, "-"},
		"the first match only":                {edge + "," + extra + "," + every, every, "FirstMatch", both, "0"},
		"the first match only, by default":    {edge + "," + extra + "," + every, every, "", both, "0"},
		"a second match does not stop it":     {edge + "," + stopper + "," + every, every, "", both, "0"},
		"the first match stops it":            {stopper + "," + edge + "," + every, every, "", both, "-"},
		"a customization like the own target": {edge + "," + edge, edge, "", both, "0"},
		"it does not widen the targets":       {every + "," + edge, edge, "", nil, "-"},
		"two own targets":                     {every + "," + extra + "," + edge, extra + "," + edge, "", both, "0"},
		"no restrictions, no customizations":  {edge + "," + every, "", "", both, "0"},
		"all are own targets":                 {edge + "," + every, edge + "," + every, "", both, "0"},
		"a restriction that no target is":     {every, edge, "", nil, "-"},
		"more restrictions than targets":      {edge, edge + "," + extra, "", both, "0"},
		"an own target stops it":              {stopper + "," + every, "", "", both, "-"},
		"a later one does not":                {every + "," + stopper, "", "", both, "0"},
		"names in another case mean nothing":  {`{"clusterSelector":{},"DoNotDeploy":true}`, "", "", nil, "0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var read spec
			g.Expect(rollout.DecodeJSON([]byte(`{"targets":[`+tt.targets+`],"targetRestrictions":[`+tt.restrictions+`],"targetCustomizationMode":"`+
				tt.mode+`"}`), &read)).To(Succeed())
			selection, err := newSelection(&read)
			g.Expect(err).NotTo(HaveOccurred())
			chosen, deploys := selection.chosen(named("c", tt.labels))
			if !deploys {
				chosen = "-"
			}
			g.Expect(chosen).To(Equal(tt.want))
		})
	}
}

// named is a cluster in groups, each of which has its name as its label "of".
func named(name string, labels map[string]string, groups ...string) cluster {
	one := cluster{Object: &inventory.Object[clusterFields]{Name: name, Labels: inventory.PairsOf(labels)}}
	for _, group := range groups {
		one.groups = append(one.groups, membership{group, inventory.PairsOf(map[string]string{"of": group})})
	}
	if len(groups) == 0 {
		one.groups = []membership{{}}
	}
	return one
}

func labelled(labels map[string]string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: labels}
}
