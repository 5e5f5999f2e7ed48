// Package follow keeps what is judged by equal to the cluster's: policies, overrides and kinds.
// Every replica follows them; none of it writes anything. As long as it is not known what there
// is, nothing can be judged, and that there is nothing must have been read.
package follow

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

// Source is one sort of Seawall's own objects.
type Source interface {
	// Check returns an error as long as it is not known which objects there are: before they
	// are read, when their definition goes, and when the API server has been silent too long.
	Check(request *http.Request) error
}

// source follows the objects of one type.
type source[P client.Object] struct {
	objects    *inventory.Collection[P]
	definition *inventory.Collection[struct{}]
	put        func(P)
	remove     func(types.NamespacedName)

	mu sync.Mutex
	// known are the objects that have been put.
	known map[types.NamespacedName]bool
	// err says why what has been put is not all there is.
	err error
}

// follow has a registry read the objects of a type, and calls put with each, whenever it is
// another, and remove with its name once it is gone. Those of a definition that is gone stay
// put: they come back, or the operator takes Seawall away.
func follow[T any, P interface {
	*T
	client.Object
}](registry *inventory.Registry, resource string, put func(P), remove func(types.NamespacedName)) Source {
	group := v1alpha1.GroupVersion()
	kind := reflect.TypeFor[T]().Name()
	followed := &source[P]{
		put: put, remove: remove, known: map[types.NamespacedName]bool{}, err: inventory.ErrNotSynced,
		objects: inventory.Register(registry, inventory.Source{
			Group: group.Group, Versions: []string{group.Version}, Resource: resource, Kind: kind,
		}, inventory.ReadBy(func(sent metav1.Object, _ *inventory.Texts) (P, error) {
			content, is := sent.(runtime.Unstructured)
			if !is {
				return nil, fmt.Errorf("got a %T without fields", sent)
			}
			read := P(new(T))
			err := runtime.DefaultUnstructuredConverter.FromUnstructured(content.UnstructuredContent(), read)
			read.SetManagedFields(nil)
			if large, is := any(read).(interface{ Cut() }); is {
				large.Cut()
			}
			return read, err
		})),
		definition: inventory.Register[struct{}](registry, inventory.Source{
			Group: "apiextensions.k8s.io", Versions: []string{"v1"}, Resource: "customresourcedefinitions",
			Kind: "CustomResourceDefinition", Name: resource + "." + group.Group, MetadataOnly: true,
		}),
	}
	registry.Observe(func(changed inventory.Source, namespace, name string) {
		if changed.Group == group.Group && changed.Resource == resource {
			followed.changed(types.NamespacedName{Namespace: namespace, Name: name})
		}
	})
	return followed
}

// changed looks at one object, or at all if there is no name.
func (s *source[P]) changed(name types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name.Name == "" || s.err != nil {
		s.err = s.all()
		return
	}
	object, err := s.objects.Get(name.Namespace, name.Name)
	switch {
	case err != nil:
		s.err = err
	case object != nil:
		s.known[name] = true
		s.put(object.Value)
	case s.deleting() == nil:
		delete(s.known, name)
		s.remove(name)
	default:
		// It goes with its definition, and not because anybody wants to be without it.
		s.err = s.deleting()
	}
}

// all makes what has been put all there is.
func (s *source[P]) all() error {
	objects, err := s.objects.List("", labels.Everything())
	if err != nil {
		return err
	}
	if err := s.deleting(); err != nil {
		return err
	}
	gone := s.known
	s.known = make(map[types.NamespacedName]bool, len(objects))
	for _, object := range objects {
		name := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
		s.known[name] = true
		delete(gone, name)
		s.put(object.Value)
	}
	for name := range gone {
		s.remove(name)
	}
	return nil
}

// deleting returns an error while the definition is being deleted, and its objects with it.
func (s *source[P]) deleting() error {
	source := s.definition.Source()
	definition, err := s.definition.Get("", source.Name)
	if err == nil && definition != nil && definition.Deleting {
		return fmt.Errorf("the CustomResourceDefinition %s is being deleted", source.Name)
	}
	return nil
}

// Check implements Source.
func (s *source[P]) Check(request *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.objects.Check(request), s.deleting(), s.err)
}
