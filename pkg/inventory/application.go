package inventory

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Application is what is kept of an Argo CD Application.
type Application struct {
	Metadata struct {
		OwnerReferences []metav1.OwnerReference `json:"ownerReferences"`
		Annotations     struct {
			// AuthorizedStages are the Kargo Stages that may sync the Application:
			// "<project>:<stage>", separated by commas.
			AuthorizedStages string `json:"kargo.akuity.io/authorized-stage"`
		} `json:"annotations"`
	} `json:"metadata"`
}

// Applications are those of Argo CD, in every namespace.
type Applications struct{ *Collection[Application] }

// NewApplications returns the Applications that the registry will read, their metadata
// only.
func NewApplications(registry *Registry) *Applications {
	return &Applications{Register[Application](registry, Source{
		Group: "argoproj.io", Versions: []string{"v1alpha1"}, Resource: "applications", Kind: "Application", MetadataOnly: true,
	})}
}

// Owned returns the sorted names of a namespace's Applications that an ApplicationSet
// controls. It is not known while Applications cannot be read.
func (a *Applications) Owned(namespace, uid string) (names []string, known bool) {
	all, err := a.List(namespace, labels.Everything())
	if err != nil {
		return nil, false
	}
	for _, application := range all {
		if application.Value.controlledBy(uid) {
			names = append(names, application.Name)
		}
	}
	return names, true
}

func (a Application) controlledBy(uid string) bool {
	return slices.ContainsFunc(a.Metadata.OwnerReferences, func(owner metav1.OwnerReference) bool {
		return owner.Controller != nil && *owner.Controller && owner.Kind == "ApplicationSet" && string(owner.UID) == uid
	})
}

// AuthorizedFor tells whether a Stage of Kargo may sync the Application.
func (a Application) AuthorizedFor(project, stage string) bool {
	return slices.ContainsFunc(strings.Split(a.Metadata.Annotations.AuthorizedStages, ","), func(authorized string) bool {
		of, name, found := strings.Cut(authorized, ":")
		return found && strings.TrimSpace(of) == project && strings.TrimSpace(name) == stage
	})
}
