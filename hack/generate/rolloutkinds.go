package main

import (
	"context"
	"io/fs"
	"os"
	"path"

	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	rolloutKindsDir     = "config/rolloutkinds"
	rolloutKindsSamples = "config/samples/rolloutkinds"
	rolloutKindsValues  = "charts/seawall/ci/rolloutkinds-values.yaml"
)

// renderRolloutKinds makes a kustomize component that adds the sample RolloutKinds to
// config/default: the objects, and patches that are the webhook configuration and the
// ClusterRole as the chart renders them with the same RolloutKinds for values.
func renderRolloutKinds(ctx context.Context, root *os.Root) error {
	specs, err := sampleSpecs(root)
	if err != nil {
		return err
	}
	values, err := yaml.Marshal(map[string]any{"rolloutKinds": specs})
	if err != nil {
		return err
	}
	if err := root.WriteFile(rolloutKindsValues, append([]byte(generatedFrom(rolloutKindsSamples)), values...), 0o644); err != nil {
		return err
	}
	rendered, err := renderChart(ctx, root.Name(), "--values", rolloutKindsValues)
	if err != nil {
		return err
	}
	objects := splitRendered(rendered)
	kept := map[string]string{}
	names := []string{"clusterrole.yaml", "rolloutkinds.yaml", "validatingwebhookconfiguration.yaml"}
	for _, name := range names {
		kept[name] = objects[name]
	}
	if err := writeFolder(root, rolloutKindsDir, names, kept); err != nil {
		return err
	}
	const component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n" +
		"resources:\n  - rolloutkinds.yaml\npatches:\n  - path: clusterrole.yaml\n  - path: validatingwebhookconfiguration.yaml\n"
	return root.WriteFile(path.Join(rolloutKindsDir, "kustomization.yaml"), []byte(generatedFrom(chartDir)+component), 0o644)
}

func sampleSpecs(root *os.Root) ([]v1alpha1.RolloutKindSpec, error) {
	files, err := fs.Glob(root.FS(), rolloutKindsSamples+"/*.yaml")
	if err != nil {
		return nil, err
	}
	var specs []v1alpha1.RolloutKindSpec
	for _, file := range files {
		text, err := root.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var sample v1alpha1.RolloutKind
		if err := yaml.UnmarshalStrict(text, &sample); err != nil {
			return nil, err
		}
		specs = append(specs, sample.Spec)
	}
	return specs, nil
}
