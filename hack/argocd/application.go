package argocd

import (
	"encoding/json"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/hack/peers"
)

type (
	// Recorder follows all Applications.
	Recorder = peers.Recorder[Application]
	// Record is what a Recorder knows.
	Record = peers.Record[Application]
)

// Application is what a Recorder reads of an Application.
type Application struct {
	// Revision is what the Application was last compared with, of several sources all of theirs in their order;
	// Sync and Health are what came out.
	Revision, Sync, Health string
	// Operating says that an operation is asked for or runs.
	Operating bool
	// Phase is how far the last operation came, Synced which revision it applied, and By who began it: nobody, if
	// Argo CD's application-controller did.
	Phase, Synced, By string
	// Errors are the messages of the conditions of type SyncError, such as those of a webhook
	// that refuses a start.
	Errors []string
}

// At says whether the Application is synced and healthy at a revision.
func (a Application) At(revision string) bool { return a.Revision == revision && a.done() }

func (a Application) done() bool {
	return !a.Operating && a.Phase == "Succeeded" && a.Sync == "Synced" && a.Health == "Healthy"
}

// applications returns how a Recorder reads Applications. An Application that has begun is done when
// it is synced and healthy at what it applied, or at what was seen later: a commit that does not
// concern an Application moves what it is compared with all the same.
func applications() peers.System[Application] {
	var revisions []string // in the order in which they were first seen
	see := func(revision string) {
		if !slices.Contains(revisions, revision) {
			revisions = append(revisions, revision)
		}
	}
	return peers.System[Application]{
		Kind: schema.GroupVersionKind{Group: "argoproj.io", Version: "v1alpha1", Kind: "Application"},
		Read: func(object *unstructured.Unstructured) (Application, error) {
			read, err := readApplication(object)
			see(read.Revision)
			see(read.Synced)
			return read, err
		},
		Began: func(before, now Application) bool { return now.Operating && !before.Operating },
		Done: func(now Application) bool {
			return now.done() && slices.Index(revisions, now.Revision) >= slices.Index(revisions, now.Synced)
		},
	}
}

// manifest has the fields of an Application that are read.
type manifest struct {
	Operation json.RawMessage `json:"operation"`
	Status    struct {
		Sync struct {
			revisions

			Status string `json:"status"`
		} `json:"sync"`
		Health struct {
			Status string `json:"status"`
		} `json:"health"`
		OperationState struct {
			Phase      string    `json:"phase"`
			SyncResult revisions `json:"syncResult"`
			Operation  struct {
				InitiatedBy struct {
					Username string `json:"username"`
				} `json:"initiatedBy"`
			} `json:"operation"`
		} `json:"operationState"`
		Conditions []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"conditions"`
	} `json:"status"`
}

// revisions are those of all sources of an Application.
type revisions struct {
	Revision  string   `json:"revision"`
	Revisions []string `json:"revisions"`
}

func (r revisions) text() string {
	if len(r.Revisions) > 0 {
		return strings.Join(r.Revisions, ",")
	}
	return r.Revision
}

func readApplication(stored *unstructured.Unstructured) (read Application, err error) {
	data, err := stored.MarshalJSON()
	if err != nil {
		return read, err
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return read, err
	}
	state := m.Status.OperationState
	read = Application{
		Operating: len(m.Operation) > 0,
		Revision:  m.Status.Sync.text(), Sync: m.Status.Sync.Status, Health: m.Status.Health.Status,
		Phase: state.Phase, Synced: state.SyncResult.text(), By: state.Operation.InitiatedBy.Username,
	}
	for _, condition := range m.Status.Conditions {
		if condition.Type == "SyncError" {
			read.Errors = append(read.Errors, condition.Message)
		}
	}
	slices.Sort(read.Errors)
	return read, nil
}
