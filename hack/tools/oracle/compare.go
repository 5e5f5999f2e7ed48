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
		Stays: was && is, Automated: !reflect.DeepEqual(how(before), how(after)),
	}
	equivalent, err := utils.SpecsEquivalent(nil, withoutAutomated(before), withoutAutomated(after))
	said.Spec = !equivalent
	return said, err
}

func automated(of *v1alpha1.Application) bool {
	return of.Spec.SyncPolicy != nil && of.Spec.SyncPolicy.IsAutomatedSyncEnabled()
}

// how returns how automated syncs are, whether they are on or not.
func how(of *v1alpha1.Application) *v1alpha1.SyncPolicyAutomated {
	if of.Spec.SyncPolicy == nil || of.Spec.SyncPolicy.Automated == nil {
		return nil
	}
	automated := of.Spec.SyncPolicy.Automated.DeepCopy()
	automated.Enabled = nil
	return automated
}

func withoutAutomated(of *v1alpha1.Application) *v1alpha1.Application {
	of = of.DeepCopy()
	if of.Spec.SyncPolicy != nil {
		of.Spec.SyncPolicy.Automated = nil
	}
	return of
}
