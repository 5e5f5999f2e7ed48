package offline

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	kyaml "sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/config/crd"
)

// definition does to an object of a file what the API server does to one that is created: it finds
// fields that there are not, fills in defaults, and validates.
type definition struct {
	structural *structuralschema.Structural
	validator  validation.SchemaValidator
	rules      *cel.Validator
}

// known are the definitions, which are read once.
var known = sync.OnceValues(definitions) //nolint:gochecknoglobals // nothing changes it

// definitions returns the definitions of Seawall's own objects by their kinds.
func definitions() (map[string]*definition, error) {
	paths, err := fs.Glob(crd.Bases, "bases/*.yaml")
	if err != nil {
		return nil, err
	}
	all := make(map[string]*definition, len(paths))
	for _, path := range paths {
		text, err := crd.Bases.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var read apiextensionsv1.CustomResourceDefinition
		if err := kyaml.Unmarshal(text, &read); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if all[read.Spec.Names.Kind], err = newDefinition(&read); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return all, nil
}

func newDefinition(read *apiextensionsv1.CustomResourceDefinition) (*definition, error) {
	var schema apiextensions.CustomResourceValidation
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(
		read.Spec.Versions[0].Schema, &schema, nil,
	); err != nil {
		return nil, err
	}
	structural, err := structuralschema.NewStructural(schema.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	validator, _, err := validation.NewSchemaValidator(schema.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	return &definition{structural, validator, cel.NewValidator(structural, true, celconfig.PerCallLimit)}, nil
}

// admit fills in the defaults of an object; the errors are those of the API server.
func (d *definition) admit(ctx context.Context, object map[string]any) field.ErrorList {
	unknown := pruning.PruneWithOptions(object, d.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	problems := make(field.ErrorList, 0, len(unknown))
	for _, path := range unknown {
		problems = append(problems, field.Invalid(field.NewPath(path), field.OmitValueType{}, "there is no such field"))
	}
	defaulting.Default(object, d.structural)
	problems = append(problems, validation.ValidateCustomResource(nil, object, d.validator)...)
	if len(problems) == 0 {
		broken, _ := d.rules.Validate(ctx, nil, d.structural, object, nil, celconfig.RuntimeCELCostBudget)
		problems = append(problems, broken...)
	}
	return problems
}

// decode reads one of Seawall's own objects as the API server would store it.
func decode[T any](ctx context.Context, of *definition, text []byte) (*T, field.ErrorList) {
	var object map[string]any
	if err := utiljson.Unmarshal(text, &object); err != nil { // whole numbers stay whole
		return nil, field.ErrorList{field.InternalError(nil, err)}
	}
	if problems := of.admit(ctx, object); len(problems) > 0 {
		return nil, problems
	}
	stored, err := json.Marshal(object)
	if err != nil {
		return nil, field.ErrorList{field.InternalError(nil, err)}
	}
	read := new(T)
	if err := json.Unmarshal(stored, read); err != nil {
		return nil, field.ErrorList{field.InternalError(nil, err)}
	}
	return read, nil
}
