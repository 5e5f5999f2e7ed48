package offline

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// IsOwn tells whether a document is one of Seawall's own objects: by what is judged, not what is.
func IsOwn(document *manifest.Document) bool {
	return document.GroupKind().Group == v1alpha1.GroupVersion().Group
}

// Add adds Seawall's own objects: WavePolicies, WaveOverrides and RolloutKinds, with the defaults and
// the validation of the API server. What it would refuse is a problem, and not added.
func (w *World) Add(ctx context.Context, documents ...*manifest.Document) ([]*manifest.ReadError, error) {
	defined, err := known()
	if err != nil {
		return nil, err
	}
	var problems []*manifest.ReadError
	for _, document := range documents {
		for _, problem := range w.add(ctx, defined[document.Kind], document) {
			problems = append(problems, &manifest.ReadError{File: document.File, Line: document.LineOf(problem.Field), Err: fmt.Errorf(
				"%s: %w", document.Identity, problem)})
		}
	}
	return problems, nil
}

func (w *World) add(ctx context.Context, of *definition, document *manifest.Document) field.ErrorList {
	served := of != nil && document.APIVersion == v1alpha1.GroupVersion().String()
	switch {
	case served && document.Kind == "WavePolicy":
		return with(ctx, of, document, w.addPolicy)
	case served && document.Kind == "WaveOverride":
		return with(ctx, of, document, w.addOverride)
	case served && document.Kind == "RolloutKind":
		return with(ctx, of, document, w.addKind)
	}
	return field.ErrorList{field.NotSupported(field.NewPath("kind"), document.APIVersion+" "+document.Kind, []string{
		v1alpha1.GroupVersion().String() + " WavePolicy", v1alpha1.GroupVersion().String() + " WaveOverride",
		v1alpha1.GroupVersion().String() + " RolloutKind",
	})}
}

// with does something with an object that the API server would accept.
func with[T any](ctx context.Context, of *definition, document *manifest.Document, do func(*T) field.ErrorList) field.ErrorList {
	read, problems := decode[T](ctx, of, document.JSON)
	if len(problems) > 0 {
		return problems
	}
	return do(read)
}

func (w *World) addPolicy(source *v1alpha1.WavePolicy) field.ErrorList {
	compiled, err := policy.Compile(source)
	if err != nil {
		return invalid(err)
	}
	w.set.Put(compiled)
	w.Policies = append(w.Policies, compiled)
	return nil
}

// addOverride adds an override, created now unless it says when.
func (w *World) addOverride(source *v1alpha1.WaveOverride) field.ErrorList {
	if source.CreationTimestamp.IsZero() {
		source.CreationTimestamp = metav1.NewTime(time.Now())
	}
	compiled, err := policy.CompileOverride(source)
	if err != nil {
		return invalid(err)
	}
	w.overrides.Put(compiled)
	return nil
}

func (w *World) addKind(source *v1alpha1.RolloutKind) field.ErrorList {
	if problems := custom.Validate(&source.Spec); len(problems) > 0 {
		return problems
	}
	if why := w.Kinds.Refuses(schema.GroupKind{Group: source.Spec.Group, Kind: source.Spec.Kind}); why != "" {
		return field.ErrorList{field.Forbidden(field.NewPath("spec"), why)}
	}
	kind, err := custom.New(source, custom.NewInventories(w.registry, &source.Spec))
	if err != nil {
		return invalid(err)
	}
	w.Kinds.Put(source.Name, kind)
	return nil
}

func invalid(err error) field.ErrorList {
	return field.ErrorList{{Type: field.ErrorTypeInvalid, Field: "spec", BadValue: field.OmitValueType{}, Detail: err.Error()}}
}
