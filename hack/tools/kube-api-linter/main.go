// Command kube-api-linter checks API types against the Kubernetes API conventions. Its
// configuration is here, not in a file: the upstream binary embeds all of golangci-lint
// to read one.
package main

import (
	"log"

	"golang.org/x/tools/go/analysis/multichecker"
	"sigs.k8s.io/kube-api-linter/pkg/analysis/conditions"
	"sigs.k8s.io/kube-api-linter/pkg/analysis/defaults"
	"sigs.k8s.io/kube-api-linter/pkg/analysis/optionalfields"
	"sigs.k8s.io/kube-api-linter/pkg/analysis/registry"
	"sigs.k8s.io/kube-api-linter/pkg/config"

	_ "sigs.k8s.io/kube-api-linter/pkg/registration" // fills the registry
)

func main() {
	analyzers, err := registry.DefaultRegistry().InitializeLinters(linters(), settings())
	if err != nil {
		log.Fatal(err)
	}
	multichecker.Main(analyzers...)
}

func linters() config.Linters {
	return config.Linters{
		Enable: []string{config.Wildcard},
		Disable: []string{
			// Each of these checks rules of one's own and does not start without any.
			"conflictingmarkers", "dependenttags", "forbiddenmarkers", "namingconventions", "preferredmarkers",
			// Made for types built into Kubernetes: it contradicts optionalfields about omitzero.
			"nonpointerstructs",
			// It refuses {} and [] where they mean what leaving the field out means.
			"minlength",
		},
	}
}

func settings() config.LintersConfig {
	return config.LintersConfig{
		// Custom resources know neither protobuf nor strategic merge patches.
		"conditions": conditions.ConditionsConfig{
			UseProtobuf:      conditions.ConditionsUseProtobufForbid,
			UsePatchStrategy: conditions.ConditionsUsePatchStrategyForbid,
		},
		// The other markers that controller-gen reads have this prefix too.
		"defaults": defaults.DefaultsConfig{PreferredDefaultMarker: "kubebuilder:default"},
		// A pointer to a string whose pattern or enum excludes "" would tell nothing more.
		"optionalfields": optionalfields.OptionalFieldsConfig{
			Pointers: optionalfields.OptionalFieldsPointers{
				Preference: optionalfields.OptionalFieldsPointerPreferenceWhenRequired,
			},
		},
	}
}
