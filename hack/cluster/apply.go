package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// FieldManager owns the fields that this package applies.
const FieldManager = "seawall-cluster"

const crdKind = "CustomResourceDefinition"

// Apply applies objects on the server's side, custom resource definitions first; it refuses
// unknown and duplicate fields, and waits until the definitions are served. A refusal by the
// API server can be told by the functions of k8s.io/apimachinery/pkg/api/errors.
func (c *Cluster) Apply(ctx context.Context, objects ...unstructured.Unstructured) error {
	definitions, rest := split(objects)
	if err := c.applyAll(ctx, metav1.FieldValidationStrict, definitions); err != nil {
		return err
	}
	if err := c.waitForDefinitions(definitions); err != nil {
		return err
	}
	return c.applyAll(ctx, metav1.FieldValidationStrict, rest)
}

func (c *Cluster) applyAll(ctx context.Context, validation string, objects []unstructured.Unstructured) error {
	options := &client.PatchOptions{
		FieldManager: FieldManager,
		Force:        new(true),
		Raw:          &metav1.PatchOptions{FieldValidation: validation},
	}
	for i := range objects {
		data, err := json.Marshal(&objects[i])
		if err != nil {
			return err
		}
		applied := objects[i].DeepCopy()
		if err := c.client.Patch(ctx, applied, client.RawPatch(types.ApplyPatchType, data), options); err != nil {
			return fmt.Errorf("apply %s %s: %w", applied.GetKind(), client.ObjectKeyFromObject(applied), err)
		}
	}
	return nil
}

// waitForDefinitions waits until discovery lists every served version of the definitions.
func (c *Cluster) waitForDefinitions(definitions []unstructured.Unstructured) error {
	if len(definitions) == 0 {
		return nil
	}
	typed := make([]*apiextensionsv1.CustomResourceDefinition, len(definitions))
	for i := range definitions {
		typed[i] = &apiextensionsv1.CustomResourceDefinition{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(definitions[i].Object, typed[i]); err != nil {
			return fmt.Errorf("%s %s: %w", crdKind, definitions[i].GetName(), err)
		}
	}
	options := envtest.CRDInstallOptions{MaxTime: startTimeout, PollInterval: 50 * time.Millisecond}
	if err := envtest.WaitForCRDs(c.Config, typed, options); err != nil {
		return fmt.Errorf("wait until the API server serves the new definitions: %w", err)
	}
	return nil
}

// ParseManifests reads the objects of a YAML or JSON stream.
func ParseManifests(data []byte) ([]unstructured.Unstructured, error) {
	var objects []unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096)
	for {
		var object unstructured.Unstructured
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// ReadManifests reads the objects of YAML or JSON files.
func ReadManifests(paths ...string) ([]unstructured.Unstructured, error) {
	var objects []unstructured.Unstructured
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		parsed, err := ParseManifests(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		objects = append(objects, parsed...)
	}
	return objects, nil
}

// split separates custom resource definitions from other objects, each in its order.
func split(objects []unstructured.Unstructured) (definitions, rest []unstructured.Unstructured) {
	for i := range objects {
		if objects[i].GetKind() == crdKind {
			definitions = append(definitions, objects[i])
		} else {
			rest = append(rest, objects[i])
		}
	}
	return definitions, rest
}

func namespace(name string) unstructured.Unstructured {
	return unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name},
	}}
}
