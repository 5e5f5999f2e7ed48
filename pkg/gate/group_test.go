package gate_test

import (
	"slices"
	"testing"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/labels"
	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// labelled are labels as the inventory holds them.
type labelled = labels.Set

var tenant = gate.Facts{
	Owner:         "ApplicationSet argocd/tenants",
	Labels:        labelled{"env": "staging", "team": ""},
	ClusterLabels: labelled{"region": "eu"},
	Project:       "shop",
	Source:        "https://example.com/tenants",
}

func TestPlace(t *testing.T) {
	for name, test := range map[string]struct {
		by    []gate.Trait
		facts gate.Facts
		want  []string
		lacks []string
	}{
		"nothing":           {nil, tenant, nil, nil},
		"owner":             {[]gate.Trait{gate.Owner()}, tenant, []string{"ApplicationSet argocd/tenants"}, nil},
		"project":           {[]gate.Trait{gate.Project()}, tenant, []string{"shop"}, nil},
		"source":            {[]gate.Trait{gate.Source()}, tenant, []string{"https://example.com/tenants"}, nil},
		"label":             {[]gate.Trait{gate.Label("env")}, tenant, []string{"staging"}, nil},
		"an empty label":    {[]gate.Trait{gate.Label("team")}, tenant, []string{""}, nil},
		"cluster label":     {[]gate.Trait{gate.ClusterLabel("region")}, tenant, []string{"eu"}, nil},
		"several, in order": {[]gate.Trait{gate.Label("env"), gate.Project()}, tenant, []string{"staging", "shop"}, nil},
		"no label":          {[]gate.Trait{gate.Label("region")}, tenant, nil, []string{"label region"}},
		"no cluster label":  {[]gate.Trait{gate.ClusterLabel("env")}, tenant, nil, []string{"cluster label env"}},
		"one of several":    {[]gate.Trait{gate.Owner(), gate.Label("tier")}, tenant, nil, []string{"label tier"}},
		"all that it lacks": {
			[]gate.Trait{gate.Owner(), gate.Project(), gate.Source(), gate.Label("env"), gate.ClusterLabel("region")},
			gate.Facts{}, nil, []string{"owner", "project", "source", "label env", "cluster label region"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			group, lacks := gate.Place(test.by, test.facts)
			g.Expect(group.Values).To(gomega.Equal(test.want))
			g.Expect(lacks).To(gomega.Equal(test.lacks))
		})
	}
}

func TestKeysTellGroupsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.StringMatching(`[a",\\]{0,3}`), 1, 3)
		one, other := gate.Group{Values: values.Draw(t, "one")}, gate.Group{Values: values.Draw(t, "other")}
		same := one.Key() == other.Key()
		gomega.NewWithT(t).Expect(same).To(gomega.Equal(slices.Equal(one.Values, other.Values)))
	})
}

func TestRank(t *testing.T) {
	env := func(value string) gate.Facts { return gate.Facts{Labels: labelled{"env": value}} }
	values := []string{"dev", "", "production"}
	for name, test := range map[string]struct {
		facts       gate.Facts
		last, first int // by what becomes of those that are not listed
	}{
		"first":         {env("dev"), 1, 1},
		"empty":         {env(""), 2, 2},
		"last":          {env("production"), 3, 3},
		"not listed":    {env("staging"), 4, 0},
		"without label": {gate.Facts{Labels: labelled{}}, 4, 0},
		"no labels":     {gate.Facts{}, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			g.Expect(gate.Order{By: gate.Label("env"), Values: values}.Rank(test.facts)).To(gomega.Equal(test.last))
			g.Expect(gate.Order{By: gate.Label("env"), Values: values, UnlistedFirst: true}.Rank(test.facts)).To(gomega.Equal(test.first))
		})
	}
}
