package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// kindNamed returns the kind that a text names in any of the ways that kubectl knows, by the cluster
// where that serves it, and else the text itself.
func kindNamed(mapper meta.RESTMapper, text string) string {
	if kind, err := lookUp(mapper, text); err == nil {
		return kind.Kind
	}
	return text
}

// lookUp asks a mapper for what a text names: a kind, a plural, a short name, with a group or without.
func lookUp(mapper meta.RESTMapper, text string) (schema.GroupVersionKind, error) {
	resource := schema.ParseGroupResource(strings.ToLower(text))
	return mapper.KindFor(resource.WithVersion(""))
}

// judged finds the kinds of rollout that Seawall judges.
type judged struct {
	client client.Reader
	mapper meta.RESTMapper
}

// find returns the one that a text names. Those that Seawall reads itself are found without a
// cluster; those that RolloutKinds describe, and short names, are not.
func (j judged) find(ctx context.Context, text string) (rollout.Kind, error) {
	all, _ := kinds.Named()
	found := matching(all, text)
	if len(found) > 0 {
		return only(found, all, text)
	}
	described, err := j.described(ctx)
	all = append(all, described...)
	if found = matching(all, text); len(found) == 0 {
		served, known := j.served(text)
		if !known {
			return rollout.Kind{}, fmt.Errorf("no kind of rollout is called %q: Seawall judges %s", text, names(all))
		}
		found = slices.DeleteFunc(slices.Clone(all), func(k rollout.Kind) bool { return k.GroupKind() != served.GroupKind() })
		if len(found) == 0 && err != nil && served.Group != "" {
			// A RolloutKind that may not be read may describe it. If none does, the webhook warns.
			return served, nil
		}
		text = served.GroupKind().String()
	}
	return only(found, all, text)
}

// only returns what was found, if that is one.
func only(found, all []rollout.Kind, text string) (rollout.Kind, error) {
	switch len(found) {
	case 0:
		return rollout.Kind{}, fmt.Errorf("%s is no kind of rollout that Seawall judges: those are %s", text, names(all))
	case 1:
		return found[0], nil
	default:
		return rollout.Kind{}, fmt.Errorf("several kinds of rollout are called %q: say which, as %s", text, names(found))
	}
}

// served returns the kind that a text names in the cluster, whether it is one of rollouts or not.
func (j judged) served(text string) (rollout.Kind, bool) {
	kind, err := lookUp(j.mapper, text)
	if err != nil {
		return rollout.Kind{}, false
	}
	mapping, err := j.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return rollout.Kind{}, false
	}
	return rollout.Kind{
		Group: kind.Group, Name: kind.Kind, Resource: mapping.Resource.Resource, Namespaced: mapping.Scope.Name() == meta.RESTScopeNameNamespace,
	}, true
}

// described returns the kinds of RolloutKinds, or why they cannot be read.
func (j judged) described(ctx context.Context) ([]rollout.Kind, error) {
	var list v1alpha1.RolloutKindList
	if err := j.client.List(ctx, &list); err != nil {
		return nil, err
	}
	found := make([]rollout.Kind, len(list.Items))
	for i := range list.Items {
		spec := &list.Items[i].Spec
		found[i] = rollout.Kind{
			Group: spec.Group, Name: spec.Kind, Resource: spec.Resource, Namespaced: spec.Scope != v1alpha1.ScopeCluster,
			Reads: custom.NewInventories(inventory.NewRegistry(), spec).Resources(),
		}
	}
	return found, nil
}

// matching returns the kinds that a text names by their own name or by their plural, with or without
// the group.
func matching(all []rollout.Kind, text string) []rollout.Kind {
	name, group, _ := strings.Cut(strings.ToLower(text), ".")
	var found []rollout.Kind
	for _, kind := range all {
		if (name == strings.ToLower(kind.Name) || name == kind.Resource) && (group == "" || group == kind.Group) {
			found = append(found, kind)
		}
	}
	return found
}

// names lists kinds as a command line takes them.
func names(all []rollout.Kind) string {
	listed := make([]string, len(all))
	for i, kind := range all {
		listed[i] = kind.Name
		if len(matching(all, kind.Name)) > 1 { // an equal name in another group
			listed[i] += "." + kind.Group
		}
	}
	slices.Sort(listed)
	return strings.Join(slices.Compact(listed), ", ")
}

// completeKind completes KIND NAME: what kinds there are is known, the names are the cluster's.
func completeKind(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return kindNames(), cobra.ShellCompDirectiveNoFileComp
}

// kindNames are the words by which a shell completes a kind.
func kindNames() []string {
	all, _ := kinds.Named()
	listed := make([]string, len(all))
	for i, kind := range all {
		listed[i] = strings.ToLower(kind.Name)
	}
	slices.Sort(listed)
	return slices.Compact(listed)
}
