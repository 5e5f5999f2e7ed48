package main

import (
	"errors"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/config"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/gate/flux"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// systems are those whose starts are judged.
type systems struct {
	known starts.Systems
	kinds map[schema.GroupKind]admission.StartsOf
	// hooks are the webhooks by which the API server asks about starts.
	hooks []string
}

// newSystems returns them, as they are read once what is followed is.
func newSystems(configuration config.Config, to followed) systems {
	applications := argocd.NewApplications(to.registry, to.argoCD)
	known := systems{
		known: starts.Systems{applications},
		kinds: map[schema.GroupKind]admission.StartsOf{argocd.GroupKind(): {
			Reader: argocd.Reader{
				Applications: applications, Pacer: configuration.ApplicationSetController, Promoter: configuration.KargoController,
			},
			System: "Argo CD",
		}},
		hooks: []string{"starts.seawall.dev"},
	}
	if !configuration.SyncGateFlux {
		return known
	}
	known.hooks = append(known.hooks, "flux.starts.seawall.dev")
	sources := flux.NewSources(to.registry)
	for _, environments := range []*flux.Environments{
		flux.NewKustomizations(to.registry, sources), flux.NewHelmReleases(to.registry, sources),
	} {
		known.known = append(known.known, environments)
		known.kinds[environments.GroupKind()] = admission.StartsOf{
			Reader: environments, SubResource: "status", System: "Flux", Attempt: flux.Attempt,
		}
	}
	return known
}

// refreshers returns who has each system look at an environment, by the kinds of these.
func (s systems) refreshers(as *rest.Config) (map[string]starts.Refresher, error) {
	ofArgoCD, err := argocd.NewRefresher(as)
	ofFlux, fluxErr := flux.NewRefresher(as)
	if err := errors.Join(err, fluxErr); err != nil {
		return nil, err
	}
	by := map[string]starts.Refresher{}
	for kind, of := range s.kinds {
		by[kind.Kind] = ofArgoCD
		if of.System == "Flux" {
			by[kind.Kind] = ofFlux
		}
	}
	return by, nil
}
