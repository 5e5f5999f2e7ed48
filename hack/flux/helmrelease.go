package flux

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/hack/peers"
)

// HelmRelease is what a Recorder reads of a HelmRelease.
type HelmRelease struct {
	// Attempted is the version of the chart that was begun last, and Values what tells its values.
	Attempted, Values string
	// Ready is the status of its condition Ready; Reason and Message say why.
	Ready           metav1.ConditionStatus
	Reason, Message string
}

// At says whether the HelmRelease has released a version and what it released is healthy.
func (h HelmRelease) At(version string) bool { return h.Attempted == version && h.done() }

// Failed says whether what was begun last has failed.
func (h HelmRelease) Failed() bool { return h.Ready == metav1.ConditionFalse }

func (h HelmRelease) done() bool { return h.Ready == metav1.ConditionTrue }

// helmReleases returns how a Recorder reads HelmReleases. What is begun is written before Helm is
// asked for anything, and after the condition Ready, which is Unknown from then on.
func helmReleases() peers.System[HelmRelease] {
	return peers.System[HelmRelease]{
		Kind: schema.FromAPIVersionAndKind(helmVersion, "HelmRelease"),
		Read: readHelmRelease,
		Began: func(before, now HelmRelease) bool {
			return now.Attempted != before.Attempted || now.Values != before.Values
		},
		Done: HelmRelease.done,
	}
}

func readHelmRelease(object *unstructured.Unstructured) (read HelmRelease, err error) {
	var manifest struct {
		Status struct {
			LastAttemptedRevision     string             `json:"lastAttemptedRevision"`
			LastAttemptedConfigDigest string             `json:"lastAttemptedConfigDigest"`
			Conditions                []metav1.Condition `json:"conditions"`
		} `json:"status"`
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &manifest); err != nil {
		return read, err
	}
	status := manifest.Status
	read = HelmRelease{Attempted: status.LastAttemptedRevision, Values: status.LastAttemptedConfigDigest}
	read.Ready, read.Reason, read.Message = readiness(status.Conditions)
	return read, nil
}
