package main

import (
	"reflect"

	"github.com/argoproj/argo-cd/v3/applicationset/utils"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
)

// compare says what a patch has done to an Application, by what Argo CD takes for equal.
func compare(before, after *v1alpha1.Application) (patched, error) {
	was, is := automated(before), automated(after)
	said := patched{
		On: is && !was, Off: was && !is,
		Automated: was && is && !reflect.DeepEqual(before.Spec.SyncPolicy.Automated, after.Spec.SyncPolicy.Automated),
	}
	equivalent, err := utils.SpecsEquivalent(nil, withoutAutomated(before), withoutAutomated(after))
	said.Spec = !equivalent
	return said, err
}

func automated(of *v1alpha1.Application) bool {
	return of.Spec.SyncPolicy != nil && of.Spec.SyncPolicy.IsAutomatedSyncEnabled()
}

func withoutAutomated(of *v1alpha1.Application) *v1alpha1.Application {
	of = of.DeepCopy()
	if of.Spec.SyncPolicy != nil {
		of.Spec.SyncPolicy.Automated = nil
	}
	return of
}
