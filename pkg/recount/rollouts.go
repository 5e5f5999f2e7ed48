package recount

import (
	"context"
	"errors"
	"fmt"
	"path"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// errNotServed says that the API server has no such kind: there are no rollouts of it.
var errNotServed = errors.New("is not served by this API server")

// Rollouts reads rollouts as the API server stores them, and keeps none.
type Rollouts struct{ client rest.Interface }

// NewRollouts returns the rollouts of the API server that config names.
func NewRollouts(config *rest.Config) (*Rollouts, error) {
	raw := rest.CopyConfig(config)
	raw.NegotiatedSerializer = clientgoscheme.Codecs.WithoutConversion()
	raw.ContentType, raw.AcceptContentTypes = "application/json", "application/json"
	client, err := rest.UnversionedRESTClientFor(raw)
	if err != nil {
		return nil, fmt.Errorf("setting up the re-count: %w", err)
	}
	return &Rollouts{client}, nil
}

// existing is a rollout that is stored.
type existing struct {
	*rollout.Object

	// unread is why nothing but its metadata has been read.
	unread error
}

// count finds out what a change of all environments would be, if any of the policies selects
// the rollout.
func (e existing) count(
	ctx context.Context, evaluator *evaluate.Evaluator, kind schema.GroupKind, policies []*policy.Policy, took *audit.Phases,
) (*evaluate.Counted, error) {
	return evaluator.Count(ctx, evaluate.Existing(kind, e.Object, e.unread), policies, took)
}

func (e existing) key() types.NamespacedName {
	return types.NamespacedName{Namespace: e.Metadata.Namespace, Name: e.Metadata.Name}
}

// version is that of its API.
func (e existing) version() string { return path.Base(e.APIVersion) }

func parse(object []byte) (existing, error) {
	parsed, err := rollout.Cut(object)
	if parsed == nil {
		return existing{}, fmt.Errorf("reading a rollout: %w", err)
	}
	return existing{parsed, err}, nil
}

// versions lets do read the first version that the API server serves.
func (r *Rollouts) versions(kind rollout.Kind, do func(version string) error) error {
	for _, version := range kind.Versions {
		if err := do(version); !apierrors.IsNotFound(err) {
			return err
		}
	}
	return errNotServed
}

// get returns one rollout, and whether there is one.
func (r *Rollouts) get(ctx context.Context, kind rollout.Kind, key types.NamespacedName) (found existing, exists bool, err error) {
	err = r.versions(kind, func(version string) error {
		segments := []string{"/apis", kind.Group, version}
		if key.Namespace != "" {
			segments = append(segments, "namespaces", key.Namespace)
		}
		raw, err := r.client.Get().AbsPath(append(segments, kind.Resource, key.Name)...).Do(ctx).Raw()
		if err != nil {
			return err
		}
		found, err = parse(raw)
		return err
	})
	if errors.Is(err, errNotServed) {
		return existing{}, false, nil
	}
	return found, err == nil, err
}
