package main

import (
	"os"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/kinds"
)

const (
	rulesFile    = "charts/seawall/files/rules.yaml"
	kindsPackage = "pkg/rollout/kinds"
)

// rolloutKinds returns the kinds of rollout that Seawall judges. Without inventories they
// can only be named.
func rolloutKinds() []rollout.Kind {
	return kinds.All(kinds.Inventories{})
}

// rules returns the webhook rules of the kinds listed, without operations.
func rules(listed []rollout.Kind) []admissionregistrationv1.Rule {
	rules := make([]admissionregistrationv1.Rule, len(listed))
	for i, kind := range listed {
		rules[i] = admissionregistrationv1.Rule{
			APIGroups:   []string{kind.Group},
			APIVersions: kind.Versions,
			Resources:   []string{kind.Resource},
			Scope:       new(admissionregistrationv1.NamespacedScope),
		}
	}
	return rules
}

func writeRules(root *os.Root) error {
	text, err := yaml.Marshal(rules(rolloutKinds()))
	if err != nil {
		return err
	}
	return root.WriteFile(rulesFile, append([]byte(generatedFrom(kindsPackage)), text...), 0o644)
}
