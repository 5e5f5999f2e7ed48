package argocd

import (
	"cmp"
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

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
	texts  inventory.Texts
	news   news
}

// NewApplications returns the Applications that the registry will read, and has it read the metadata of
// ApplicationSets. The clusters are those of an Argo CD.
func NewApplications(registry *inventory.Registry, argoCD *inventoried.ArgoCD) *Applications {
	found := &Applications{
		applications: inventory.Register(registry, inventory.Source{
			Group: argoGroup, Versions: []string{"v1alpha1"}, Resource: "applications", Kind: applicationKind,
		}, inventory.ReadBy(readState)),
		sets: inventory.Register[struct{}](registry, inventory.Source{
			Group: argoGroup, Versions: []string{"v1alpha1"}, Resource: "applicationsets", Kind: applicationSet, MetadataOnly: true,
		}),
		argoCD: argoCD,
	}
	found.news.changes = found.applications.Follow()
	return found
}

func readState(sent metav1.Object, texts *inventory.Texts) (state, error) {
	var read application
	content, is := sent.(runtime.Unstructured)
	if !is {
		return state{}, errNotWhole
	}
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(content.UnstructuredContent(), &read)
	if err != nil {
		read = application{Spec: specOf(content.UnstructuredContent())}
		read.Metadata.OwnerReferences, read.Metadata.UID = ownersOf(sent), string(sent.GetUID())
	}
	kept := read.state()
	for _, text := range []*string{
		&kept.owner, &kept.ownerUID, &kept.project, &kept.server, &kept.cluster, &kept.origins, &kept.health, &kept.phase,
		&kept.release.Line, &kept.release.Revision,
	} {
		*text = texts.Shared(*text)
	}
	return kept, err
}

// GroupKind is that of Applications.
func GroupKind() schema.GroupKind {
	return schema.GroupKind{Group: argoGroup, Kind: applicationKind}
}

// Kind implements starts.System.
func (*Applications) Kind() string { return applicationKind }

// check returns an error until Applications, ApplicationSets and clusters have been read.
func (a *Applications) check() error {
	return cmp.Or(a.applications.Check(nil), a.sets.Check(nil), a.argoCD.Check(nil))
}

// stored returns an Application as it would be stored. The error says what is not known.
func (a *Applications) stored(of *application) (gate.Member, error) {
	if err := a.check(); err != nil {
		return gate.Member{}, err
	}
	destinations, err := a.argoCD.Destinations()
	if err != nil {
		return gate.Member{}, err
	}
	return a.member(&inventory.Object[state]{
		Namespace: of.Metadata.Namespace, Name: of.Metadata.Name, Labels: inventory.PairsOf(of.Metadata.Labels),
		SuccessRate: of.Metadata.Annotations[rateAnnotation], Value: of.state(),
	}, destinations)
}

func (a *Applications) member(object *inventory.Object[state], destinations *inventoried.Destinations) (gate.Member, error) {
	kept := &object.Value
	member := gate.Member{
		Environment:     gate.Environment{Kind: applicationKind, UID: kept.uid, Namespace: object.Namespace, Name: object.Name},
		ResourceVersion: kept.resourceVersion,
		Facts:           gate.Facts{Labels: object.Labels, Project: kept.project, Source: kept.origins},
		SuccessRate:     object.SuccessRate, Kin: kept.owner, State: kept,
		Rollout: gate.Subject{Group: argoGroup, Kind: applicationKind, Name: object.Name, UID: kept.uid, Labels: object.Labels},
	}
	if cluster, found := destinations.Find(kept.cluster, kept.server); found {
		member.Facts.ClusterLabels, member.ClusterRate = cluster.Labels(), cluster.SuccessRate()
	}
	if kept.owner == "" {
		return member, nil
	}
	member.Facts.Owner = a.texts.Shared(applicationSet + " " + object.Namespace + "/" + kept.owner)
	member.Rollout.Kind, member.Rollout.Name, member.Rollout.UID = applicationSet, kept.owner, types.UID(kept.ownerUID)
	set, err := a.sets.Get(object.Namespace, kept.owner)
	if err != nil {
		return gate.Member{}, err
	}
	if set != nil {
		member.Rollout.Labels, member.OwnerRate = set.Labels, set.SuccessRate
	}
	return member, nil
}

// See returns what is known of an Application: nothing of one that cannot be read.
func (a *Applications) See(of gate.Environment) gate.Sight {
	seen := gate.Sight{Heard: a.applications.Heard()}
	object, err := a.applications.Get(of.Namespace, of.Name)
	switch {
	case err != nil:
		return gate.Sight{}
	case object != nil:
		kept := &object.Value
		seen.UID, seen.ResourceVersion, seen.Kin, seen.State = kept.uid, kept.resourceVersion, kept.owner, kept
	}
	return seen
}
