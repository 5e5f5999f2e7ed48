package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/seawall-dev/seawall/pkg/kinds"
)

func TestRulesNameRolloutsOnly(t *testing.T) {
	all, _ := kinds.Named()
	rules := rules(all)
	if len(rules) == 0 {
		t.Fatal("no rules")
	}
	for _, rule := range rules {
		for _, word := range slices.Concat(rule.APIGroups, rule.APIVersions, rule.Resources) {
			// A slash would name a subresource, the empty group the core kinds.
			if word == "" || strings.ContainsAny(word, "*/") {
				t.Errorf("%v has %q: want the name of a group, version or resource", rule, word)
			}
		}
		for _, group := range rule.APIGroups {
			if !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io") {
				t.Errorf("%v names group %q of Kubernetes itself", rule, group)
			}
		}
	}
}

func TestReadsNameNoSecrets(t *testing.T) {
	all, sources := kinds.Named()
	for _, rule := range append(readRules(sources), rolloutRules(all)...) {
		for _, word := range slices.Concat(rule.APIGroups, rule.Resources) {
			if strings.ContainsAny(word, "*/") || word == "secrets" {
				t.Errorf("%v may read %q", rule, word)
			}
		}
	}
}
