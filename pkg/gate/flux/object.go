// Package flux reads the starts of Flux's Kustomizations and HelmReleases: what a write of the status of one
// begins, and how far what was begun has come. The facts are those of kustomize-controller 1.9 and
// helm-controller 1.6.
package flux

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	ready       = "Ready"
	reconciling = "Reconciling"

	isTrue  = "True"
	isFalse = "False"

	// healthFailed is the reason of what was applied and has not become healthy.
	healthFailed = "HealthCheckFailed"
	// dependencyNotReady is that of what waits for another object.
	dependencyNotReady = "DependencyNotReady"

	fetching = "Fetching manifests for revision "
	building = "Building manifests for revision "
	checking = "Running health checks "

	// deployed is the status of what Helm has released, and is what runs.
	deployed = "deployed"

	requestedAnnotation = "reconcile.fluxcd.io/requestedAt"
)

// object is what is read of a Kustomization and of a HelmRelease.
type object struct {
	Metadata metadata `json:"metadata"`
	Spec     spec     `json:"spec"`
	Status   status   `json:"status"`
}

type metadata struct {
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace"`
	UID               types.UID         `json:"uid"`
	ResourceVersion   string            `json:"resourceVersion"`
	Generation        int64             `json:"generation"`
	Labels            map[string]string `json:"labels"`
	Annotations       annotations       `json:"annotations"`
	DeletionTimestamp string            `json:"deletionTimestamp"`
}

// annotations are those that are read: the others may be large.
type annotations struct {
	RequestedAt string `json:"reconcile.fluxcd.io/requestedAt"`
	SuccessRate string `json:"seawall.dev/sync-success-rate"`
}

type spec struct {
	Suspend bool `json:"suspend"`
	// DependsOn are those that have to be ready first.
	DependsOn []dependency `json:"dependsOn"`
	// SourceRef is what a Kustomization follows.
	SourceRef reference `json:"sourceRef"`
	// ChartRef is what a HelmRelease follows that has no chart of its own.
	ChartRef reference `json:"chartRef"`
	Chart    struct {
		Spec struct {
			Chart     string    `json:"chart"`
			SourceRef reference `json:"sourceRef"`
		} `json:"spec"`
	} `json:"chart"`
}

// reference names a source.
type reference struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

type status struct {
	Conditions             []condition `json:"conditions"`
	ObservedGeneration     int64       `json:"observedGeneration"`
	LastHandledReconcileAt string      `json:"lastHandledReconcileAt"`
	LastAttemptedRevision  string      `json:"lastAttemptedRevision"`
	// LastAppliedRevision is that of a Kustomization.
	LastAppliedRevision string `json:"lastAppliedRevision"`
	// History has what was applied last first.
	History []known `json:"history"`
	// What follows is of a HelmRelease.
	LastAttemptedRevisionDigest string `json:"lastAttemptedRevisionDigest"`
	LastAttemptedConfigDigest   string `json:"lastAttemptedConfigDigest"`
	LastAttemptedGeneration     int64  `json:"lastAttemptedGeneration"`
	HelmChart                   string `json:"helmChart"`
}

type condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// known is something that was applied: how the last reconciliation of what a Kustomization built has ended, or what
// Helm has released.
type known struct {
	LastReconciledStatus string `json:"lastReconciledStatus"`
	// What follows is of a HelmRelease.
	ChartVersion string `json:"chartVersion"`
	ConfigDigest string `json:"configDigest"`
	Status       string `json:"status"`
}

func (o *object) condition(of string) condition {
	for _, one := range o.Status.Conditions {
		if one.Type == of {
			return one
		}
	}
	return condition{}
}

// from returns a reference with its namespace, which is that of the object where none is said.
func (o *object) from(ref reference) reference {
	if ref.Namespace == "" {
		ref.Namespace = o.Metadata.Namespace
	}
	return ref
}

func (r reference) String() string { return r.Kind + " " + r.Namespace + "/" + r.Name }

// fetches returns the revision that a Kustomization is about to be reconciled at; nothing if none is.
func (o *object) fetches() string { return o.reconciles(fetching) }

// builds returns the revision of which the manifests of a Kustomization are built; nothing if none is. It is said a
// moment before the status says that the revision is tried, as Flux writes conditions first.
func (o *object) builds() string { return o.reconciles(building) }

// reconciles returns the revision with which what goes on is described in words that begin so.
func (o *object) reconciles(words string) string {
	now := o.condition(reconciling)
	said, is := strings.CutPrefix(now.Message, words)
	if !is || now.Status != isTrue {
		return ""
	}
	revision, _, _ := strings.Cut(said, " ")
	return revision
}

// releases tells whether Helm is about to install or upgrade the release of a HelmRelease, or does so.
func (o *object) releases() bool {
	now := o.condition(reconciling)
	return now.Status == isTrue &&
		(strings.HasPrefix(now.Message, "Running 'install' action") || strings.HasPrefix(now.Message, "Running 'upgrade' action"))
}

// released tells whether the chart that was tried last is the one that Helm released last; it is taken to be where no
// history says otherwise.
func (o *object) released() bool {
	return len(o.Status.History) == 0 || o.Status.History[0].ChartVersion == o.Status.LastAttemptedRevision
}

// isAnnounced tells whether the conditions of a HelmRelease say that Helm is about to run, and the rest of its status not
// yet for what: it is the second that is written, and may have been refused.
func (o *object) isAnnounced() bool {
	if !o.releases() {
		return false
	}
	tried := &o.Status
	return tried.LastAttemptedRevision == "" || len(tried.History) > 0 && o.released() &&
		tried.History[0].ConfigDigest == tried.LastAttemptedConfigDigest && tried.History[0].Status == deployed
}

// requested returns when Flux was asked to look at the object, if it has not said since that it did; the zero time if
// that is not known.
func (o *object) requested() (at time.Time, handled bool) {
	asked := o.Metadata.Annotations.RequestedAt
	at, err := time.Parse(time.RFC3339Nano, asked)
	if err != nil {
		return time.Time{}, true
	}
	return at, asked == o.Status.LastHandledReconcileAt
}
