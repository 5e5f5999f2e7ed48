package argocd

import (
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Application is what a Recorder reads of an Application.
type Application struct {
	Name string
	// Revision is what the Application was last compared with; Sync and Health are what came out.
	Revision, Sync, Health string
	// Operating says that an operation is asked for or runs.
	Operating bool
	// Phase is how far the last operation came, and Synced which revision it applied.
	Phase, Synced string
	// Errors are the messages of the conditions of type SyncError, such as those of a webhook
	// that refuses a start.
	Errors []string
}

// At says whether the Application is synced and healthy at a revision.
func (a Application) At(revision string) bool { return a.Revision == revision && a.done() }

func (a Application) done() bool {
	return !a.Operating && a.Phase == "Succeeded" && a.Sync == "Synced" && a.Health == "Healthy"
}

// manifest has the fields of an Application that are read.
type manifest struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Operation json.RawMessage `json:"operation"`
	Status    struct {
		Sync struct {
			Status   string `json:"status"`
			Revision string `json:"revision"`
		} `json:"sync"`
		Health struct {
			Status string `json:"status"`
		} `json:"health"`
		OperationState struct {
			Phase      string `json:"phase"`
			SyncResult struct {
				Revision string `json:"revision"`
			} `json:"syncResult"`
		} `json:"operationState"`
		Conditions []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"conditions"`
	} `json:"status"`
}

func readApplication(object runtime.Object) (read Application, err error) {
	stored, ok := object.(*unstructured.Unstructured)
	if !ok {
		return read, fmt.Errorf("a watch of Applications told of %T", object)
	}
	data, err := stored.MarshalJSON()
	if err != nil {
		return read, err
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return read, fmt.Errorf("Application %s: %w", stored.GetName(), err)
	}
	state := m.Status.OperationState
	read = Application{
		Name: m.Metadata.Name, Operating: len(m.Operation) > 0,
		Revision: m.Status.Sync.Revision, Sync: m.Status.Sync.Status, Health: m.Status.Health.Status,
		Phase: state.Phase, Synced: state.SyncResult.Revision,
	}
	for _, condition := range m.Status.Conditions {
		if condition.Type == "SyncError" {
			read.Errors = append(read.Errors, condition.Message)
		}
	}
	slices.Sort(read.Errors)
	return read, nil
}
