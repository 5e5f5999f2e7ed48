package main

import (
	"os"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	rulesFile    = "charts/seawall/files/rules.yaml"
	readsFile    = "charts/seawall/files/reads.yaml"
	rolloutsFile = "charts/seawall/files/rollouts.yaml"
	kindsPackage = "pkg/kinds"
)

// rules returns the webhook rules of the kinds listed, without operations.
func rules(listed []rollout.Kind) []admissionregistrationv1.Rule {
	rules := make([]admissionregistrationv1.Rule, len(listed))
	for i, kind := range listed {
		scope := admissionregistrationv1.ClusterScope
		if kind.Namespaced {
			scope = admissionregistrationv1.NamespacedScope
		}
		rules[i] = admissionregistrationv1.Rule{
			APIGroups:   []string{kind.Group},
			APIVersions: kind.Versions,
			Resources:   []string{kind.Resource},
			Scope:       &scope,
		}
	}
	return rules
}

// readRules returns the RBAC rules for the sources in all namespaces, one for each group.
func readRules(sources []inventory.Source) []rbacv1.PolicyRule {
	var rules []rbacv1.PolicyRule
	for _, source := range sources {
		if source.Namespace != "" {
			continue // a Role allows it
		}
		if last := len(rules) - 1; last >= 0 && rules[last].APIGroups[0] == source.Group {
			rules[last].Resources = append(rules[last].Resources, source.Resource)
			continue
		}
		rules = append(rules, rbacv1.PolicyRule{
			APIGroups: []string{source.Group},
			Resources: []string{source.Resource},
			Verbs:     []string{"get", "list", "watch"},
		})
	}
	return rules
}

// rolloutRules returns the RBAC rules for the rollouts that the re-count judges.
func rolloutRules(listed []rollout.Kind) []rbacv1.PolicyRule {
	var sources []inventory.Source
	for _, kind := range listed {
		if !kind.OneShot {
			sources = append(sources, inventory.Source{Group: kind.Group, Resource: kind.Resource})
		}
	}
	return readRules(sources)
}

func writeRules(root *os.Root) error {
	all, sources := kinds.Named()
	if err := writeYAML(root, rulesFile, rules(all)); err != nil {
		return err
	}
	if err := writeYAML(root, rolloutsFile, rolloutRules(all)); err != nil {
		return err
	}
	return writeYAML(root, readsFile, readRules(sources))
}

func writeYAML(root *os.Root, name string, content any) error {
	text, err := yaml.Marshal(content)
	if err != nil {
		return err
	}
	return root.WriteFile(name, append([]byte(generatedFrom(kindsPackage)), text...), 0o644)
}
