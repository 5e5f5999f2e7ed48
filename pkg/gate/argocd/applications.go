package argocd

import (
	"cmp"
	"errors"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/inventory"
	inventoried "github.com/seawall-dev/seawall/pkg/inventory/argocd"
)

// errNotWhole says that an Application was sent without its fields.
var errNotWhole = errors.New("got an Application without fields")

const rateAnnotation = v1alpha1.SyncSuccessRateAnnotation

// Applications are those of Argo CD, in every namespace, with how far their syncs have come.
type Applications struct {
	applications *inventory.Collection[state]
	// sets are the ApplicationSets: nothing but their metadata.
	sets   *inventory.Collection[struct{}]
	argoCD *inventoried.ArgoCD
}

// NewApplications returns the Applications that the registry will read, and has it read the metadata of
// ApplicationSets. The clusters are those of an Argo CD.
func NewApplications(registry *inventory.Registry, argoCD *inventoried.ArgoCD) *Applications {
	return &Applications{
		applications: inventory.Register(registry, inventory.Source{
			Group: argoGroup, Versions: []string{"v1alpha1"}, Resource: "applications", Kind: "Application",
		}, inventory.ReadBy(readState)),
		sets: inventory.Register[struct{}](registry, inventory.Source{
			Group: argoGroup, Versions: []string{"v1alpha1"}, Resource: "applicationsets", Kind: applicationSet, MetadataOnly: true,
		}),
		argoCD: argoCD,
	}
}

func readState(sent metav1.Object, texts *inventory.Texts) (state, error) {
	var read application
	content, is := sent.(runtime.Unstructured)
	if !is {
		return state{}, errNotWhole
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content.UnstructuredContent(), &read); err != nil {
		return state{}, err
	}
	kept := read.state()
	for _, text := range []*string{
		&kept.owner, &kept.ownerUID, &kept.project, &kept.server, &kept.cluster, &kept.origins, &kept.health, &kept.phase,
		&kept.release.Line, &kept.release.Revision,
	} {
		*text = texts.Shared(*text)
	}
	return kept, nil
}

// Check is a readiness check: it returns an error until Applications, ApplicationSets and clusters have
// been read.
func (a *Applications) Check(request *http.Request) error {
	return cmp.Or(a.applications.Check(request), a.sets.Check(request), a.argoCD.Check(request))
}

// Members returns all Applications. The errors are those of inventory.Collection.List.
func (a *Applications) Members() ([]Member, error) {
	objects, err := a.applications.List("", labels.Everything())
	if err != nil {
		return nil, err
	}
	clusters, err := a.argoCD.Select(labels.Everything())
	if err != nil {
		return nil, err
	}
	destinations := clusters.Destinations()
	members := make([]Member, 0, len(objects))
	for _, object := range objects {
		member, err := a.member(object, destinations)
		if err != nil {
			return nil, err
		}
		members = append(members, member)
	}
	return members, nil
}

// Member returns the Application that a start is of, as it would be stored.
func (a *Applications) Member(started *Started) (Member, error) {
	clusters, err := a.argoCD.Select(labels.Everything())
	if err != nil {
		return Member{}, err
	}
	return a.member(&inventory.Object[state]{
		Namespace: started.Namespace, Name: started.Name, Labels: inventory.PairsOf(started.labels),
		SuccessRate: started.SuccessRate, Value: started.state,
	}, clusters.Destinations())
}

func (a *Applications) member(object *inventory.Object[state], destinations inventoried.Destinations) (Member, error) {
	kept := &object.Value
	member := Member{
		Environment: gate.Environment{UID: kept.uid, Namespace: object.Namespace, Name: object.Name},
		Facts:       gate.Facts{Labels: object.Labels, Project: kept.project, Source: kept.origins},
		SuccessRate: object.SuccessRate, Owner: kept.owner, OwnerUID: kept.ownerUID, Selectable: object.Labels, object: object,
	}
	if cluster, found := destinations.Find(kept.cluster, kept.server); found {
		member.Facts.ClusterLabels, member.ClusterRate = cluster.Labels(), cluster.SuccessRate()
	}
	if member.Owner == "" {
		return member, nil
	}
	member.Facts.Owner = applicationSet + " " + object.Namespace + "/" + kept.owner
	set, err := a.sets.Get(object.Namespace, kept.owner)
	if err != nil {
		return Member{}, err
	}
	if set != nil {
		member.Selectable, member.OwnerRate = set.Labels, set.SuccessRate
	}
	return member, nil
}

// Kin tells whether another Application is known to be of the same namespace and owner, so that who may read
// one may be told of the other.
func (a *Applications) Kin(member Member, other gate.Environment) bool {
	if member.Namespace != other.Namespace {
		return false
	}
	object, err := a.applications.Get(other.Namespace, other.Name)
	return err == nil && object != nil && object.Value.owner == member.object.Value.owner
}
