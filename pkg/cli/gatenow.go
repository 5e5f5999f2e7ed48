package cli

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/gate/flux"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/inventory"
	inventoried "github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// gateNow is what starts are judged by in a cluster, as it is now.
type gateNow struct {
	judging      *starts.Judge
	read         *argocd.Applications
	waves        []v1alpha1.Wave
	applications []*unstructured.Unstructured
	// notes say what may not be read.
	notes []string
}

// readGate reads what starts are judged by.
func readGate(ctx context.Context, connected client.Client, config *rest.Config, argoCD, home string) (*gateNow, error) {
	now := &gateNow{}
	list, err := readStarts(ctx, connected)
	if err != nil {
		return nil, err
	}
	now.waves = list.Items
	set, kept, overrides := &policy.Set{}, &policy.KeptRules{}, policy.NewOverrides(home)
	var policies v1alpha1.WavePolicyList
	if err := notServed(connected.List(ctx, &policies), "wavepolicies"); err != nil {
		return nil, err
	}
	for i := range policies.Items {
		compiled, _ := policy.Compile(&policies.Items[i]) // one with an error refuses what it selects
		set.Put(compiled)
	}
	for i := range now.waves {
		kept.Put(&now.waves[i])
	}
	var given v1alpha1.WaveOverrideList
	if err := notServed(connected.List(ctx, &given), "waveoverrides"); err != nil {
		return nil, err
	}
	for i := range given.Items {
		if compiled, err := policy.CompileOverride(&given.Items[i]); err == nil {
			overrides.Put(compiled)
		}
	}
	objects, err := now.inventory(ctx, connected, config, argoCD)
	if err != nil {
		return nil, err
	}
	ofFlux, err := now.fluxObjects(ctx, connected)
	if err != nil {
		return nil, err
	}
	registry := inventory.NewStaticRegistry(inventory.Static{Objects: append(objects, ofFlux...)})
	now.read = argocd.NewApplications(registry, inventoried.New(registry, argoCD, inventoried.ProgressiveSyncsAuto))
	sources := flux.NewSources(registry)
	now.judging = &starts.Judge{
		Policies: set, Kept: kept, Overrides: overrides, Namespaces: namespacesNow{connected, &now.notes},
		Systems: starts.Systems{
			now.read, flux.NewKustomizations(registry, sources), flux.NewHelmReleases(registry, sources),
		}, Uses: uncounted{}, Promotions: asKept{},
	}
	now.judging.Ledgers = &ledgersNow{waves: now.waves, derive: now.judging.Derive}
	return now, nil
}

// inventory returns the Applications, and what of clusters and ApplicationSets may be read.
func (g *gateNow) inventory(
	ctx context.Context, connected client.Client, config *rest.Config, argoCD string,
) ([]*unstructured.Unstructured, error) {
	registry := inventory.NewRegistry()
	inventoried.New(registry, argoCD, inventoried.ProgressiveSyncsAuto)
	taken, err := inventory.Take(ctx, registry, config)
	if err != nil {
		return nil, err
	}
	for _, source := range taken.Sources {
		if source.Err != nil {
			g.notes = append(g.notes, fmt.Sprintf("left out: %s of namespace %s: %s", source.Source, argoCD, source.Err))
		}
	}
	objects := taken.Objects
	for _, kind := range []string{"Application", "ApplicationSet"} {
		var list unstructured.UnstructuredList
		list.SetGroupVersionKind(schema.GroupVersionKind{Group: "argoproj.io", Version: "v1alpha1", Kind: kind + "List"})
		err := connected.List(ctx, &list)
		switch {
		case err != nil && kind == "ApplicationSet" && apierrors.IsForbidden(err):
			g.notes = append(g.notes, fmt.Sprintf("left out: ApplicationSets, by whose labels policies select: %s", err))
		case meta.IsNoMatchError(err): // Argo CD is not installed
		case err != nil:
			return nil, fmt.Errorf("listing %ss: %w", kind, err)
		}
		for i := range list.Items {
			objects = append(objects, &list.Items[i])
			if kind == "Application" {
				g.applications = append(g.applications, &list.Items[i])
			}
		}
	}
	return objects, nil
}

// application returns the one of a name; nil if there is none.
func (g *gateNow) application(namespace, name string) *unstructured.Unstructured {
	for _, one := range g.applications {
		if one.GetNamespace() == namespace && one.GetName() == name {
			return one
		}
	}
	return nil
}

// asKept takes it from the Waves whether promotions are under way: what is over is no more in flight there.
type asKept struct{}

// UnderWay implements starts.Progress.
func (asKept) UnderWay(string, time.Time) bool { return true }

// ledgersNow are those of Waves, of which none is changed.
type ledgersNow struct {
	waves  []v1alpha1.Wave
	derive func(context.Context, waves.Key) (gate.Ledger, error)
}

// Update implements starts.Ledgers: it asks what a change would be.
func (l *ledgersNow) Update(ctx context.Context, key waves.Key, change func(gate.Ledger) (gate.Ledger, bool)) (gate.Ledger, error) {
	wave, err := l.Wave(ctx, key)
	var ledger gate.Ledger
	if wave == nil {
		ledger, err = l.derive(ctx, key)
	} else {
		ledger = waves.Ledger(wave)
	}
	if err != nil {
		return ledger, err
	}
	after, _ := change(ledger)
	return after, nil
}

// Wave implements starts.Ledgers.
func (l *ledgersNow) Wave(_ context.Context, key waves.Key) (*v1alpha1.Wave, error) {
	for i := range l.waves {
		if l.waves[i].Name == key.Name() {
			return &l.waves[i], nil
		}
	}
	return nil, nil //nolint:nilnil // as Wave says
}

// namespacesNow answers from the API server what is to be known of namespaces.
type namespacesNow struct {
	client client.Client
	notes  *[]string
}

// Get implements starts.Namespaces. Of one that may not be read the name is known.
func (n namespacesNow) Get(ctx context.Context, name string) (labels.Labels, bool, error) {
	found := &metav1.PartialObjectMetadata{}
	found.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"})
	err := n.client.Get(ctx, client.ObjectKey{Name: name}, found)
	if apierrors.IsForbidden(err) {
		*n.notes = append(*n.notes, fmt.Sprintf("left out: the labels of namespace %s: %s", name, err))
		return labels.Set{"kubernetes.io/metadata.name": name}, false, nil
	}
	return labels.Set(found.Labels), found.DeletionTimestamp != nil, err
}

// Version implements starts.Namespaces: what there is now does not change.
func (namespacesNow) Version() uint64 { return 0 }

// uncounted counts no use of an override.
type uncounted struct{}

// Count implements starts.Uses.
func (uncounted) Count(*policy.Override, policy.Use) {}

// age says for how long something is so.
func age(at *metav1.MicroTime, now time.Time) string {
	if at == nil {
		return ""
	}
	return duration.HumanDuration(now.Sub(at.Time))
}
