package inventory

import (
	"cmp"
	"errors"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Environment returns what is known of an object that is an environment.
func (c *Collection[T]) Environment(object *Object[T]) rollout.Environment {
	source := c.source.Kind + " " + object.Name
	if object.Namespace != "" {
		source = c.source.Kind + " " + object.Namespace + "/" + object.Name
	}
	return rollout.Environment{SuccessRate: object.SuccessRate, Source: source}
}

// Environments returns the environments of the cluster that names are of; of one that is not
// there, and of all with an error, only the name is known. The errors are those of List.
func (c *Collection[T]) Environments(names []string) (all rollout.Environments, err error) {
	all = make(rollout.Environments, len(names))
	for _, name := range names {
		object, failed := c.Get("", name)
		if all[name] = (rollout.Environment{}); object != nil {
			all[name] = c.Environment(object)
		}
		err = cmp.Or(err, failed)
	}
	return all, err
}

// IfServed takes a resource that the API server does not serve for one without objects.
func IfServed[T any](found T, err error) (T, error) {
	if _, absent := errors.AsType[*AbsentError](err); absent {
		return found, nil
	}
	return found, err
}
