package argocd

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

const (
	stagesAnnotation   = "kargo.akuity.io/authorized-stage"
	applicationSetKind = "ApplicationSet"
)

// Application is what is kept of an Argo CD Application.
type Application struct {
	// Owner is the uid of the ApplicationSet that controls the Application, if one does.
	Owner string
	// AuthorizedStages is the annotation kargo.akuity.io/authorized-stage as it stands there.
	AuthorizedStages string
}

// Applications are those of Argo CD, in every namespace.
type Applications struct {
	*inventory.Collection[Application]
}

// NewApplications returns the Applications that the registry will read, their metadata
// only.
func NewApplications(registry *inventory.Registry) *Applications {
	return &Applications{inventory.Register(registry, inventory.Source{
		Group: "argoproj.io", Versions: []string{"v1alpha1"}, Resource: "applications", Kind: "Application", MetadataOnly: true,
	}, inventory.ReadBy(readApplication), inventory.ShownBy[Application](shownApplication),
		inventory.KeyedBy(func(o *inventory.Object[Application]) string { return o.Value.Owner }))}
}

// shownApplication leaves out all annotations but the one that is read, and all owners but the one.
func shownApplication(application *unstructured.Unstructured) map[string]any {
	metadata := map[string]any{}
	if stages, found := application.GetAnnotations()[stagesAnnotation]; found {
		metadata["annotations"] = map[string]any{stagesAnnotation: stages}
	}
	for _, owner := range application.GetOwnerReferences() {
		if owner.Controller != nil && *owner.Controller && owner.Kind == applicationSetKind {
			metadata["ownerReferences"] = []any{map[string]any{
				"apiVersion": owner.APIVersion, "kind": owner.Kind, "name": owner.Name, "uid": string(owner.UID), "controller": true,
			}}
			break
		}
	}
	return map[string]any{"metadata": metadata}
}

func readApplication(sent metav1.Object, texts *inventory.Texts) (Application, error) {
	read := Application{AuthorizedStages: texts.Shared(sent.GetAnnotations()[stagesAnnotation])}
	owners := sent.GetOwnerReferences()
	if i := slices.IndexFunc(owners, func(owner metav1.OwnerReference) bool {
		return owner.Controller != nil && *owner.Controller && owner.Kind == applicationSetKind
	}); i >= 0 {
		read.Owner = texts.Shared(string(owners[i].UID))
	}
	return read, nil
}

// Owned returns the sorted names of a namespace's Applications that an ApplicationSet
// controls. The errors are those of List.
func (a *Applications) Owned(namespace, uid string) (names []string, err error) {
	owned, err := a.Keyed(namespace, uid)
	if err != nil {
		return nil, err
	}
	for _, application := range owned {
		if application.Value.Owner != "" { // nobody's are not those of an empty uid
			names = append(names, application.Name)
		}
	}
	return names, nil
}
