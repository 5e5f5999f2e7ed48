package argocd

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/inventory"
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
	}, inventory.ReadBy(readApplication), inventory.KeyedBy(func(o *inventory.Object[Application]) string { return o.Value.Owner }))}
}

func readApplication(sent metav1.Object, texts *inventory.Texts) (Application, error) {
	read := Application{AuthorizedStages: texts.Shared(sent.GetAnnotations()["kargo.akuity.io/authorized-stage"])}
	owners := sent.GetOwnerReferences()
	if i := slices.IndexFunc(owners, func(owner metav1.OwnerReference) bool {
		return owner.Controller != nil && *owner.Controller && owner.Kind == "ApplicationSet"
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
