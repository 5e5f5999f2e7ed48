package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// ErrUnavailable is the error of definitions that are not to be had on this machine: no module
// proxy serves them and no folder holds them.
var ErrUnavailable = errors.New("not to be had on this machine")

// Systems returns the rollout systems that hack/controlplane/crds.tsv lists, in its order.
func Systems() ([]string, error) {
	sources, err := sources()
	if err != nil {
		return nil, err
	}
	var systems []string
	for _, s := range sources {
		if !slices.Contains(systems, s.system) {
			systems = append(systems, s.system)
		}
	}
	return systems, nil
}

// CRDFiles returns the files that hold the custom resource definitions of a rollout system,
// downloaded when they are missing. The error is ErrUnavailable when they are not to be had.
func CRDFiles(ctx context.Context, system string) ([]string, error) {
	sources, err := sources()
	if err != nil {
		return nil, err
	}
	var files []string
	for _, s := range sources {
		if s.system != system {
			continue
		}
		found, err := s.files(ctx)
		if err != nil {
			return nil, fmt.Errorf("definitions of %s: %w", system, err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no rollout system %q in hack/controlplane/crds.tsv", system)
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// InstallCRDs installs the custom resource definitions of a rollout system, only those of the
// given names such as "applicationsets.argoproj.io" when there are any, and waits until they
// are served.
func (c *Cluster) InstallCRDs(ctx context.Context, system string, names ...string) error {
	files, err := CRDFiles(ctx, system)
	if err != nil {
		return err
	}
	objects, err := ReadManifests(files...)
	if err != nil {
		return err
	}
	definitions, _ := split(objects)
	if len(names) > 0 {
		if definitions, err = named(definitions, names); err != nil {
			return fmt.Errorf("definitions of %s: %w", system, err)
		}
	}
	// Not strict: an unknown field is their business, and API servers of users ignore it.
	if err := c.applyAll(ctx, metav1.FieldValidationIgnore, definitions); err != nil {
		return err
	}
	return c.waitForDefinitions(definitions)
}

func named(definitions []unstructured.Unstructured, names []string) ([]unstructured.Unstructured, error) {
	var chosen []unstructured.Unstructured
	for _, name := range names {
		i := slices.IndexFunc(definitions, func(d unstructured.Unstructured) bool { return d.GetName() == name })
		if i < 0 {
			return nil, fmt.Errorf("none is named %s", name)
		}
		chosen = append(chosen, definitions[i])
	}
	return chosen, nil
}
