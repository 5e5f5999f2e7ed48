package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

const (
	apiPage     = "docs/api.md"
	apiPageHead = `<!-- Generated from ` + basesDir + ` by hack/generate. DO NOT EDIT. -->
# Reference of the API

Every field of Seawall's own resources, as ` + "`kubectl explain`" + ` prints them. How they are used is in
[policies.md](policies.md), [overrides.md](overrides.md) and [custom-kinds.md](custom-kinds.md).
`
)

// writeAPIPage writes the reference of the custom resources from their definitions.
func writeAPIPage(root *os.Root) error {
	bases, err := fs.Glob(root.FS(), basesDir+"/*.yaml")
	if err != nil {
		return err
	}
	var page strings.Builder
	page.WriteString(apiPageHead)
	for _, base := range bases {
		text, err := root.ReadFile(base)
		if err != nil {
			return err
		}
		var definition apiextensionsv1.CustomResourceDefinition
		if err := yaml.Unmarshal(text, &definition); err != nil {
			return fmt.Errorf("reading %s: %w", base, err)
		}
		for _, version := range definition.Spec.Versions {
			writeResource(&page, definition.Spec, version)
		}
	}
	return root.WriteFile(apiPage, []byte(page.String()), 0o644)
}

func writeResource(
	page *strings.Builder, spec apiextensionsv1.CustomResourceDefinitionSpec, version apiextensionsv1.CustomResourceDefinitionVersion,
) {
	schema := version.Schema.OpenAPIV3Schema
	where := "of the whole cluster"
	if spec.Scope == apiextensionsv1.NamespaceScoped {
		where = "in a namespace"
	}
	fmt.Fprintf(page, "\n## %s\n\n`%s/%s`, %s: `%s`", spec.Names.Kind, spec.Group, version.Name, where, spec.Names.Plural)
	if len(spec.Names.ShortNames) > 0 {
		fmt.Fprintf(page, ", for short `%s`", strings.Join(spec.Names.ShortNames, "`, `"))
	}
	fmt.Fprintf(page, "\n\n%s\n", oneLine(schema.Description))
	for _, part := range []string{"spec", "status"} {
		fmt.Fprintf(page, "\n### %s: %s\n\n| field | type | meaning |\n|---|---|---|\n", spec.Names.Kind, part)
		writeFields(page, "", schema.Properties[part])
	}
}

// writeFields writes a row for each field below a value, and those of its fields after it.
func writeFields(page *strings.Builder, prefix string, of apiextensionsv1.JSONSchemaProps) {
	for _, name := range slices.Sorted(maps.Keys(of.Properties)) {
		field := of.Properties[name]
		path := prefix + name
		fmt.Fprintf(page, "| `%s` | %s | %s |\n", path, typeOf(field), meaningOf(field, slices.Contains(of.Required, name)))
		inner := field
		if field.Items != nil && field.Items.Schema != nil {
			inner, path = *field.Items.Schema, path+"[]"
		}
		if !isSelector(inner) && !isCondition(inner) {
			writeFields(page, path+".", inner)
		}
	}
}

// isSelector tells a label selector, which everybody knows.
func isSelector(of apiextensionsv1.JSONSchemaProps) bool {
	_, labels := of.Properties["matchLabels"]
	_, expressions := of.Properties["matchExpressions"]
	return labels && expressions
}

// isCondition tells a condition, whose fields are those of every resource.
func isCondition(of apiextensionsv1.JSONSchemaProps) bool {
	_, transition := of.Properties["lastTransitionTime"]
	return transition
}

func typeOf(field apiextensionsv1.JSONSchemaProps) string {
	switch {
	case isSelector(field):
		return "label selector"
	case isCondition(field):
		return "condition"
	case field.Items != nil && field.Items.Schema != nil:
		return "list of " + typeOf(*field.Items.Schema)
	case field.Format == "date-time":
		return "time"
	default:
		return field.Type
	}
}

// meaningOf is what a field says of itself, and which values it takes.
func meaningOf(field apiextensionsv1.JSONSchemaProps, required bool) string {
	sentences := []string{}
	if text := oneLine(field.Description); text != "" {
		sentences = append(sentences, text)
	}
	if required {
		sentences = append(sentences, "Required.")
	}
	if field.Default != nil {
		sentences = append(sentences, "Default: `"+string(field.Default.Raw)+"`.")
	}
	allowed := field
	if field.Items != nil && field.Items.Schema != nil && len(field.Items.Schema.Enum) > 0 {
		allowed = *field.Items.Schema
	}
	if len(allowed.Enum) > 0 {
		values := make([]string, len(allowed.Enum))
		for i, value := range allowed.Enum {
			values[i] = "`" + string(value.Raw) + "`"
		}
		sentences = append(sentences, "One of "+strings.Join(values, ", ")+".")
	}
	sentences = append(sentences, bounds(field)...)
	for _, rule := range field.XValidations {
		if rule.Message != "" {
			sentences = append(sentences, "Rule: "+oneLine(rule.Message)+".")
		}
	}
	return strings.ReplaceAll(strings.Join(sentences, " "), "|", `\|`)
}

// bounds are the limits of a value, in words.
func bounds(field apiextensionsv1.JSONSchemaProps) []string {
	var found []string
	if field.Minimum != nil {
		found = append(found, fmt.Sprintf("At least %v.", int64(*field.Minimum)))
	}
	if field.Maximum != nil {
		found = append(found, fmt.Sprintf("At most %v.", int64(*field.Maximum)))
	}
	if field.MaxLength != nil {
		found = append(found, fmt.Sprintf("At most %d characters.", *field.MaxLength))
	}
	if field.MaxItems != nil {
		found = append(found, fmt.Sprintf("At most %d.", *field.MaxItems))
	}
	if field.Pattern != "" {
		found = append(found, "Matches `"+field.Pattern+"`.")
	}
	return found
}

// oneLine joins the lines of a description, and keeps Markdown from reading it as markup.
func oneLine(text string) string {
	return strings.NewReplacer("<", "&lt;", "*", `\*`).Replace(strings.Join(strings.Fields(text), " "))
}
