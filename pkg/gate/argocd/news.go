package argocd

import (
	"cmp"
	"errors"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/inventory"
	inventoried "github.com/seawall-dev/seawall/pkg/inventory/argocd"
)

// news is what has been told of Applications, and what has changed since.
type news struct {
	mutex   sync.Mutex
	changes *inventory.Changes
	// destinations are those by which it was told, and sets the version of the ApplicationSets: when these change,
	// so may any Application.
	destinations *inventoried.Destinations
	sets         uint64
}

// News implements starts.System. There are no Applications where Argo CD is not installed.
func (a *Applications) News() (gate.News, error) {
	a.news.mutex.Lock()
	defer a.news.mutex.Unlock()
	names, all := a.news.changes.Take()
	told, err := a.tell(names, all)
	if err != nil {
		a.news.changes.Miss()
	}
	return told, err
}

func (a *Applications) tell(names []types.NamespacedName, all bool) (gate.News, error) {
	if _, absent := errors.AsType[*inventory.AbsentError](a.applications.Check(nil)); absent {
		return gate.News{All: all}, nil
	}
	if err := a.check(); err != nil {
		return gate.News{}, err
	}
	sets := a.sets.Version()
	destinations, err := a.argoCD.Destinations()
	if err != nil {
		return gate.News{}, err
	}
	told := gate.News{All: all || sets != a.news.sets || destinations != a.news.destinations}
	if told.All {
		told.Members, err = a.everyone(destinations)
	} else {
		err = a.some(names, destinations, &told)
	}
	if err == nil {
		a.news.sets, a.news.destinations = sets, destinations
	}
	return told, err
}

// everyone returns all Applications.
func (a *Applications) everyone(destinations *inventoried.Destinations) (members []gate.Member, err error) {
	unread := a.applications.Each(func(object *inventory.Object[state], unreadable error) {
		member, failed := a.member(object, destinations)
		member.Unreadable = unreadable
		members, err = append(members, member), cmp.Or(err, failed)
	})
	return members, cmp.Or(unread, err)
}

// some adds the Applications of some names as they are now.
func (a *Applications) some(names []types.NamespacedName, destinations *inventoried.Destinations, told *gate.News) error {
	for _, name := range names {
		object, unreadable := a.applications.Get(name.Namespace, name.Name)
		switch {
		case object == nil && unreadable != nil:
			return unreadable
		case object == nil:
			told.Gone = append(told.Gone, gate.Environment{Kind: applicationKind, Namespace: name.Namespace, Name: name.Name})
			continue
		}
		member, err := a.member(object, destinations)
		if err != nil {
			return err
		}
		member.Unreadable = unreadable
		told.Members = append(told.Members, member)
	}
	return nil
}

// specOf returns of an Application that cannot be read what says where it belongs, if that can be.
func specOf(content map[string]any) spec {
	var read spec
	fields, _ := content["spec"].(map[string]any)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &read); err != nil {
		return spec{}
	}
	return read
}

func ownersOf(sent metav1.Object) []owner {
	references := sent.GetOwnerReferences()
	owners := make([]owner, 0, len(references))
	for _, reference := range references {
		owners = append(owners, owner{
			APIVersion: reference.APIVersion, Kind: reference.Kind, Name: reference.Name, UID: string(reference.UID),
			Controller: reference.Controller != nil && *reference.Controller,
		})
	}
	return owners
}
