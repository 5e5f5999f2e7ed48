package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// everything are the values that turn on what takes rights.
const everything = "syncGate.enabled=true,syncGate.nudge=true,syncGate.flux.enabled=true,syncGate.kargo.enabled=true"

// rules are those of a Role or a ClusterRole, or the subjects of a binding.
type rules struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Rules    []rbacv1.PolicyRule `json:"rules"`
	RoleRef  rbacv1.RoleRef      `json:"roleRef"`
	Subjects []rbacv1.Subject    `json:"subjects"`
}

// grants returns the rights of the accounts, by the chart.
func grants(ctx context.Context) ([]right, error) {
	helm, err := exec.CommandContext(ctx, "hack/tools/build.sh", "helm").Output()
	if err != nil {
		return nil, fmt.Errorf("building Helm: %w", err)
	}
	command := exec.CommandContext(ctx, strings.TrimSpace(string(helm)),
		"template", "seawall", "charts/seawall", "--namespace", "seawall-system", "--no-hooks", "--set", everything)
	var said bytes.Buffer
	command.Stderr = &said
	rendered, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("rendering the chart: %w: %s", err, &said)
	}
	return grantsOf(rendered)
}

// grantsOf reads them from manifests.
func grantsOf(manifests []byte) (given []right, err error) {
	roles := map[string][]rbacv1.PolicyRule{}
	var bindings []rules
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifests), len(manifests))
	for {
		var one rules
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		switch one.Kind {
		case "Role", "ClusterRole":
			roles[one.Kind+" "+one.Metadata.Name] = one.Rules
		case "RoleBinding", "ClusterRoleBinding":
			bindings = append(bindings, one)
		}
	}
	for _, binding := range bindings {
		for _, subject := range binding.Subjects {
			if subject.Kind == rbacv1.ServiceAccountKind {
				given = append(given, rightsOf(subject.Name, roles[binding.RoleRef.Kind+" "+binding.RoleRef.Name])...)
			}
		}
	}
	if len(given) == 0 {
		return nil, errors.New("the chart gives no rights to a service account")
	}
	return given, nil
}

func rightsOf(account string, rules []rbacv1.PolicyRule) (given []right) {
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					given = append(given, right{account, verb, group, resource})
				}
			}
		}
	}
	return given
}
