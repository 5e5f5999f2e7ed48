package inventory

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// ShownBy has a function return, of an object, what a snapshot holds beside what it holds of every
// object. It is for values that a function reads: see ReadBy.
func ShownBy[T any](shown func(object *unstructured.Unstructured) map[string]any) Option[T] {
	return func(c *Collection[T]) { c.show = shown }
}

// shownFields returns the fields of an object that T names, as they stand there.
func (c *Collection[T]) shownFields(object *unstructured.Unstructured) map[string]any {
	value, err := c.decode(object, nil)
	if err != nil {
		return maps.Clone(object.Object) // whoever reads the snapshot fails at it as the webhook does
	}
	if picked, isMap := any(value).(map[string]any); isMap {
		return picked
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&value)
	if err != nil {
		return maps.Clone(object.Object)
	}
	return withoutNulls(fields)
}

// withoutNulls leaves out what is not there. What is empty stays: a selector of none is one of all.
func withoutNulls(fields map[string]any) map[string]any {
	for key, value := range fields {
		switch value := value.(type) {
		case nil:
			delete(fields, key)
		case map[string]any:
			withoutNulls(value)
		case []any:
			for _, item := range value {
				if item, is := item.(map[string]any); is {
					withoutNulls(item)
				}
			}
		}
	}
	return fields
}

// shown returns what a snapshot holds of an object: what it is called, and what is read of it.
func (f *feed) shown(object *unstructured.Unstructured, apiVersion string) *unstructured.Unstructured {
	shown := &unstructured.Unstructured{Object: map[string]any{}}
	if f.show != nil {
		shown.Object = f.show(object)
	}
	metadata, _ := shown.Object["metadata"].(map[string]any) // what a type names of it
	shown.Object["metadata"] = map[string]any{}
	shown.SetAPIVersion(apiVersion)
	shown.SetKind(f.source.Kind)
	for key, value := range metadata {
		_ = unstructured.SetNestedField(shown.Object, value, "metadata", key) // which is a map
	}
	shown.SetName(object.GetName())
	shown.SetNamespace(object.GetNamespace())
	if labels := object.GetLabels(); len(labels) > 0 {
		shown.SetLabels(labels)
	}
	if rate, found := object.GetAnnotations()[v1alpha1.SyncSuccessRateAnnotation]; found {
		annotations := shown.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[v1alpha1.SyncSuccessRateAnnotation] = rate
		shown.SetAnnotations(annotations)
	}
	if deleted := object.GetDeletionTimestamp(); deleted != nil {
		shown.SetDeletionTimestamp(&metav1.Time{Time: deleted.Time})
	}
	return shown
}

// merge adds to an object what is shown of it for another collection. Lists of both are those of one
// object, so that they are as long.
func merge(into, from map[string]any) {
	for key, value := range from {
		into[key] = merged(into[key], value)
	}
}

func merged(one, other any) any {
	switch other := other.(type) {
	case map[string]any:
		if one, is := one.(map[string]any); is {
			merge(one, other)
			return one
		}
	case []any:
		if one, is := one.([]any); is && len(one) == len(other) {
			both := slices.Clone(one)
			for i := range both {
				both[i] = merged(both[i], other[i])
			}
			return both
		}
	}
	return other
}
