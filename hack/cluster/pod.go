package cluster

import (
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// environment is that of the container, where a field reference can only be its namespace.
func environment(container corev1.Container) []string {
	variables := make([]string, 0, len(container.Env))
	for _, variable := range container.Env {
		value := variable.Value
		if variable.ValueFrom != nil {
			value = Namespace
		}
		variables = append(variables, variable.Name+"="+value)
	}
	return variables
}

// podOf returns what the Deployment among the objects runs.
func podOf(objects []unstructured.Unstructured) (corev1.PodSpec, error) {
	for i := range objects {
		if objects[i].GetKind() != "Deployment" {
			continue
		}
		var deployment appsv1.Deployment
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(objects[i].Object, &deployment); err != nil {
			return corev1.PodSpec{}, fmt.Errorf("the chart's Deployment: %w", err)
		}
		return deployment.Spec.Template.Spec, nil
	}
	return corev1.PodSpec{}, errors.New("the chart has no Deployment")
}
