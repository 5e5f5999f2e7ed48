package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// definition is what is read of a CustomResourceDefinition.
type definition struct {
	Spec struct {
		Group string `json:"group"`
		Names struct {
			Plural string `json:"plural"`
		} `json:"names"`
	} `json:"spec"`
}

// definitions returns the resources of rollout systems that tests can have.
func definitions(ctx context.Context) (map[schema.GroupResource]bool, error) {
	systems, err := cluster.Systems()
	if err != nil {
		return nil, err
	}
	had := map[schema.GroupResource]bool{}
	for _, system := range systems {
		files, err := cluster.CRDFiles(ctx, system)
		if errors.Is(err, cluster.ErrUnavailable) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("definitions of %s: %w", system, err)
		}
		objects, err := cluster.ReadManifests(files...)
		if err != nil {
			return nil, err
		}
		for i := range objects {
			var of definition
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(objects[i].Object, &of); err != nil {
				return nil, err
			}
			had[schema.GroupResource{Group: of.Spec.Group, Resource: of.Spec.Names.Plural}] = true
		}
	}
	return had, nil
}

// isOfAPIServer tells whether the API server has a group by itself, or with Seawall.
func isOfAPIServer(group string) bool {
	return group == "" || group == "seawall.dev" || !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
}
