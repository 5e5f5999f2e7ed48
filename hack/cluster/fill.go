package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// fillers is how many objects are written at once.
const fillers = 32

// Fill writes the objects from..to-1, all of one kind, of the core group or a custom resource,
// that object returns. It puts them into etcd as the API server stores them, which is several
// times as fast as creating them through it and makes no difference to who reads them there: the
// API server follows etcd. What it adds to the first object on dry-run, which must pass, all of
// them get. The API server must list so many more in the end.
func (c *Cluster) Fill(ctx context.Context, from, to int, object func(number int) client.Object) error {
	if from >= to {
		return nil
	}
	first := object(from)
	kind, err := apiutil.GVKForObject(first, scheme.Scheme)
	if err != nil {
		return err
	}
	mapping, err := c.client.RESTMapper().RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return err
	}
	before, err := c.count(ctx, kind)
	if err != nil {
		return err
	}
	if err := c.client.Create(ctx, first, client.DryRunAll); err != nil {
		return fmt.Errorf("fill %s: %w", mapping.Resource.GroupResource(), err)
	}
	err = parallel(from, to, func(number int) error {
		next := object(number)
		if next.GetUID() == "" {
			next.SetUID(types.UID(fmt.Sprintf("%08x-0000-4000-8000-%012x", number, before)))
		}
		next.SetCreationTimestamp(first.GetCreationTimestamp())
		next.SetGeneration(first.GetGeneration())
		next.SetManagedFields(first.GetManagedFields())
		return c.put(ctx, mapping, next)
	})
	if err != nil {
		return fmt.Errorf("fill %s: %w", mapping.Resource.GroupResource(), err)
	}
	after, err := c.count(ctx, kind)
	if err == nil && after != before+int64(to-from) {
		err = fmt.Errorf("fill %s: the API server lists %d, with %d new ones among %d", mapping.Resource.GroupResource(), after, to-from, before)
	}
	return err
}

// count returns how many objects the API server lists.
func (c *Cluster) count(ctx context.Context, kind schema.GroupVersionKind) (int64, error) {
	var list metav1.PartialObjectMetadataList
	list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
	if err := c.client.List(ctx, &list, client.Limit(1)); err != nil {
		return 0, err
	}
	count := int64(len(list.Items))
	if list.RemainingItemCount != nil {
		count += *list.RemainingItemCount
	}
	return count, nil
}

// put stores an object through etcd's JSON gateway. One at a time: the API server writes no two
// objects in one transaction, and takes its revision for that of one object.
func (c *Cluster) put(ctx context.Context, mapping *meta.RESTMapping, object client.Object) error {
	value, err := stored(mapping.GroupVersionKind, object)
	if err != nil {
		return err
	}
	key := path.Join("/registry", mapping.Resource.Group, mapping.Resource.Resource, object.GetNamespace(), object.GetName())
	body, err := json.Marshal(map[string][]byte{"key": []byte(key), "value": value})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.env.ControlPlane.Etcd.URL.String()+"/v3/kv/put", bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := c.etcd.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("etcd answers %s: %s", response.Status, strings.TrimSpace(string(answer)))
	}
	return err
}

// stored returns what the API server keeps of an object: protobuf for its own types, JSON for
// custom resources.
func stored(kind schema.GroupVersionKind, object client.Object) ([]byte, error) {
	if _, custom := object.(runtime.Unstructured); custom {
		return json.Marshal(object)
	}
	object.GetObjectKind().SetGroupVersionKind(kind)
	var encoded bytes.Buffer
	err := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme).Encode(object, &encoded)
	return encoded.Bytes(), err
}

// parallel does the numbers from..to-1, several at once, each worker until its first error.
func parallel(from, to int, do func(number int) error) error {
	numbers := make(chan int)
	errs := make([]error, fillers)
	var group sync.WaitGroup
	for i := range fillers {
		group.Go(func() {
			for number := range numbers {
				if errs[i] == nil {
					errs[i] = do(number)
				}
			}
		})
	}
	for number := from; number < to; number++ {
		numbers <- number
	}
	close(numbers)
	group.Wait()
	return errors.Join(errs...)
}
