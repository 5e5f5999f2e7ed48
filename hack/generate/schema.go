package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

const (
	schemaFile = "charts/seawall/values.schema.json"
	// generatedMember is the last member of the schema, which its other members refer to.
	generatedMember = ",\n  \"generated\": "
)

// valuesSchema is what JSON Schema, by which Helm checks values, can say of the schema of a
// custom resource: everything but the rules in CEL.
type valuesSchema struct {
	Type                 string                  `json:"type,omitempty"`
	Properties           map[string]valuesSchema `json:"properties,omitempty"`
	AdditionalProperties any                     `json:"additionalProperties,omitempty"` // false, or a schema
	Required             []string                `json:"required,omitempty"`
	Items                *valuesSchema           `json:"items,omitempty"`
	Enum                 []any                   `json:"enum,omitempty"`
	Pattern              string                  `json:"pattern,omitempty"`
	MinLength            *int64                  `json:"minLength,omitempty"`
	MaxLength            *int64                  `json:"maxLength,omitempty"`
	Minimum              *float64                `json:"minimum,omitempty"`
	Maximum              *float64                `json:"maximum,omitempty"`
	MinItems             *int64                  `json:"minItems,omitempty"`
	MaxItems             *int64                  `json:"maxItems,omitempty"`
	UniqueItems          bool                    `json:"uniqueItems,omitempty"`
	MinProperties        *int64                  `json:"minProperties,omitempty"`
}

// writeSchema puts the specs of the custom resources that the chart renders from values
// into the schema of its values, which refers to them as generated.<name>.
func writeSchema(root *os.Root) error {
	specs := map[string]valuesSchema{}
	for name, file := range map[string]string{
		"wavePolicySpec":  "seawall.dev_wavepolicies.yaml",
		"rolloutKindSpec": "seawall.dev_rolloutkinds.yaml",
	} {
		spec, err := specOf(root, path.Join(basesDir, file))
		if err != nil {
			return err
		}
		specs[name] = spec
	}
	generated, err := json.MarshalIndent(specs, "  ", "  ")
	if err != nil {
		return err
	}
	written, err := root.ReadFile(schemaFile)
	if err != nil {
		return err
	}
	byHand, _, found := bytes.Cut(written, []byte(generatedMember))
	if !found {
		return fmt.Errorf("%s has no last member %q", schemaFile, "generated")
	}
	text := append(append(byHand, generatedMember...), generated...)
	return root.WriteFile(schemaFile, append(text, "\n}\n"...), 0o644)
}

func specOf(root *os.Root, file string) (valuesSchema, error) {
	text, err := root.ReadFile(file)
	if err != nil {
		return valuesSchema{}, err
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &definition); err != nil {
		return valuesSchema{}, err
	}
	return convert(definition.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"])
}

func convert(source apiextensionsv1.JSONSchemaProps) (valuesSchema, error) {
	result := valuesSchema{
		Type: source.Type, Required: source.Required, Pattern: source.Pattern,
		MinLength: source.MinLength, MaxLength: source.MaxLength, Minimum: source.Minimum, Maximum: source.Maximum,
		MinItems: source.MinItems, MaxItems: source.MaxItems, MinProperties: source.MinProperties,
		UniqueItems: source.XListType != nil && *source.XListType != "atomic",
	}
	for _, value := range source.Enum {
		var decoded any
		if err := json.Unmarshal(value.Raw, &decoded); err != nil {
			return result, err
		}
		result.Enum = append(result.Enum, decoded)
	}
	if source.Items != nil {
		items, err := convert(*source.Items.Schema)
		if err != nil {
			return result, err
		}
		result.Items = &items
	}
	if source.Type != "object" {
		return result, nil
	}
	return result, result.convertMembers(source)
}

func (s *valuesSchema) convertMembers(source apiextensionsv1.JSONSchemaProps) error {
	s.AdditionalProperties = false // what the API server would prune is a mistake
	if others := source.AdditionalProperties; others != nil && others.Schema != nil {
		converted, err := convert(*others.Schema)
		if err != nil {
			return err
		}
		s.AdditionalProperties = converted
	}
	s.Properties = make(map[string]valuesSchema, len(source.Properties))
	for name, member := range source.Properties {
		converted, err := convert(member)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s.Properties[name] = converted
	}
	return nil
}
