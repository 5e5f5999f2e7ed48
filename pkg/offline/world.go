// Package offline judges writes where there is no API server: by policies, overrides, kinds and an
// inventory from files. The decisions, and the words, are those of the webhook.
package offline

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/gate/entry"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Options say by what is judged.
type Options struct {
	// ArgoCDNamespace is where Argo CD runs; "argocd" when empty.
	ArgoCDNamespace string
	// ProgressiveSyncs says whether a RollingSync paces anything; Auto, which reads a ConfigMap of the
	// inventory, when empty.
	ProgressiveSyncs argocd.ProgressiveSyncs
	// Home is the namespace of Seawall, whose overrides are for rollouts of the cluster;
	// "seawall-system" when empty.
	Home string
	// WorkloadTemplates lets RolloutKinds be of the groups apps and batch.
	WorkloadTemplates bool
	Inventory         Inventory
	// Repositories may be nil: then git generators are not resolved, as by the webhook. Were, if not nil, is
	// what objects as they were are read against.
	Repositories, Were kinds.Repositories
	// Memory is what judging one write may take, in bytes; 256 MiB when 0.
	Memory int64
}

const (
	defaultArgoCDNamespace       = "argocd"
	defaultHome                  = "seawall-system"
	defaultMemory          int64 = 256 << 20
)

// World is all that writes are judged by. One write is judged at a time.
type World struct {
	// Kinds are those that Seawall reads, and those of RolloutKinds.
	Kinds *kinds.Set
	// Policies are those that have been added.
	Policies []*policy.Policy

	evaluator *evaluate.Evaluator
	registry  *inventory.Registry
	set       *policy.Set
	overrides *policy.Overrides
	// lacking are the sorts of Seawall's own objects of which nobody knows which there are.
	lacking []Own

	mu sync.Mutex
	// missed are the resources that have been asked for and are not given.
	missed map[string]bool
	// asked are all that have been since the world began.
	asked map[string]bool
}

// New returns a world without policies.
func New(options Options) *World {
	world := &World{set: &policy.Set{}, missed: map[string]bool{}, asked: map[string]bool{}}
	world.registry = inventory.NewStaticRegistry(options.Inventory.static(world.miss))
	namespace := cmp.Or(options.ArgoCDNamespace, defaultArgoCDNamespace)
	argoCD := argocd.New(world.registry, namespace, cmp.Or(options.ProgressiveSyncs, argocd.ProgressiveSyncsAuto))
	world.Kinds = kinds.NewSet(kinds.All(kinds.Inventories{
		ArgoCD: argoCD, ArgoCDNamespace: namespace, Registry: world.registry, Repositories: options.Repositories, Were: options.Were,
	}))
	world.Kinds.Templates = options.WorkloadTemplates
	world.overrides = policy.NewOverrides(cmp.Or(options.Home, defaultHome))
	world.evaluator = &evaluate.Evaluator{
		Kinds: world.Kinds, Policies: world.set, Overrides: world.overrides,
		Namespaces: newNamespaces(world.registry, world.selectsNamespaces),
		Budget:     budget.NewPool(cmp.Or(options.Memory, defaultMemory)),
		Starts:     entry.New(world.registry, ""),
	}
	return world
}

func (w *World) miss(source inventory.Source) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.missed[source.String()], w.asked[source.String()] = true, true
}

// Missed returns the resources, sorted, that any judgement has asked for in vain, whether it needed them
// or not.
func (w *World) Missed() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.asked))
}

func (w *World) selectsNamespaces() bool {
	return slices.ContainsFunc(w.Policies, (*policy.Policy).SelectsNamespaces)
}

// Judgement is what the webhook would say of a write.
type Judgement struct {
	evaluate.Judgement

	// Missing are the resources, sorted, such as "clusters.fleet.cattle.io", that the webhook would
	// have asked and that are not in the inventory: where there are any, nobody knows what it would say.
	Missing []string
}

// Judge judges a write that nobody makes yet. The error says why it cannot be judged; what the
// inventory leaves out is none.
func (w *World) Judge(ctx context.Context, write evaluate.Write) (Judgement, error) {
	clear(w.missed)
	write.Trial = true
	judged, err := w.evaluator.Evaluate(ctx, write)
	return w.conclude(write, judged, err)
}

// conclude notes what is missing of a judgement: inventory, and what there is to judge by.
func (w *World) conclude(write evaluate.Write, judged evaluate.Judgement, err error) (Judgement, error) {
	found, err := w.lessInventory(judged, err)
	if err == nil {
		denied := found.Decision.Action == policy.Deny
		found.Missing = append(found.Missing, w.lacks(write.Kind, denied)...)
	}
	return found, err
}

func (w *World) lessInventory(judged evaluate.Judgement, err error) (Judgement, error) {
	found := Judgement{Judgement: judged}
	if rollout.IsFinding(err) { // of a namespace: the webhook would have asked the API server
		found.Missing = []string{"namespaces"}
		return found, nil
	}
	if err != nil {
		return found, fmt.Errorf("judging it: %w", err)
	}
	if unasked(judged.Verdicts) {
		found.Missing = []string{entry.Resource}
	}
	if judged.Decision.Verdict.Reason == policy.Unresolved || judged.Decision.Verdict.Reason == policy.UnresolvedAdmitted {
		found = found.without(w.missed)
	}
	return found, nil
}

// unasked tells whether all who object do so because nobody says whether the API server asks about starts.
func unasked(verdicts []policy.Verdict) bool {
	objects := false
	for _, verdict := range verdicts {
		if verdict.Satisfied() {
			continue
		}
		if objects = true; !strings.Contains(verdict.Message, entry.Resource+" are not in the inventory") {
			return false
		}
	}
	return objects
}

// without notes what is missing: what the message names, or else all that has been asked for in vain.
func (j Judgement) without(missed map[string]bool) Judgement {
	if strings.Contains(j.Decision.Verdict.Message, "is resolved over the network") {
		return j // the webhook does not know that either
	}
	var others []string
	for _, resource := range slices.Sorted(maps.Keys(missed)) {
		// Some are asked for that need not be there.
		if strings.Contains(j.Decision.Verdict.Message, resource+" are not") {
			j.Missing = append(j.Missing, resource)
		} else {
			others = append(others, resource)
		}
	}
	if len(j.Missing) == 0 {
		j.Missing = others
	}
	return j
}
