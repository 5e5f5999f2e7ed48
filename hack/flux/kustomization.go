package flux

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/hack/peers"
)

type (
	// Recorder follows all Kustomizations.
	Recorder = peers.Recorder[Kustomization]
	// Record is what a Recorder knows.
	Record = peers.Record[Kustomization]
)

// Kustomization is what a Recorder reads of a Kustomization.
type Kustomization struct {
	// Attempted is the revision that was begun last, and Applied the one that went well last.
	Attempted, Applied string
	// Ready is the status of its condition Ready; Reason and Message say why.
	Ready           metav1.ConditionStatus
	Reason, Message string
}

// At says whether the Kustomization has applied a revision and what it applied is healthy.
func (k Kustomization) At(revision string) bool { return k.Applied == revision && k.done() }

// Failed says whether what was begun last has failed.
func (k Kustomization) Failed() bool { return k.Ready == metav1.ConditionFalse }

func (k Kustomization) done() bool {
	return k.Ready == metav1.ConditionTrue && k.Applied == k.Attempted
}

// kustomizations returns how a Recorder reads Kustomizations: what is begun is written before
// anything is applied.
func kustomizations() peers.System[Kustomization] {
	return peers.System[Kustomization]{
		Kind:  schema.FromAPIVersionAndKind(kustomizeVersion, "Kustomization"),
		Read:  readKustomization,
		Began: func(before, now Kustomization) bool { return now.Attempted != before.Attempted },
		Done:  Kustomization.done,
	}
}

func readKustomization(object *unstructured.Unstructured) (read Kustomization, err error) {
	var manifest struct {
		Status struct {
			LastAttemptedRevision string             `json:"lastAttemptedRevision"`
			LastAppliedRevision   string             `json:"lastAppliedRevision"`
			Conditions            []metav1.Condition `json:"conditions"`
		} `json:"status"`
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &manifest); err != nil {
		return read, err
	}
	status := manifest.Status
	read = Kustomization{Attempted: status.LastAttemptedRevision, Applied: status.LastAppliedRevision}
	read.Ready, read.Reason, read.Message = readiness(status.Conditions)
	return read, nil
}

// readiness returns what the condition Ready says; nothing if there is none.
func readiness(conditions []metav1.Condition) (status metav1.ConditionStatus, reason, message string) {
	i := slices.IndexFunc(conditions, func(c metav1.Condition) bool { return c.Type == "Ready" })
	if i < 0 {
		return "", "", ""
	}
	return conditions[i].Status, conditions[i].Reason, conditions[i].Message
}
