package check

import (
	"context"
	"encoding/json"
	"maps"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Stored answers what is there of a rollout.
type Stored interface {
	// Get returns the rollout as it is stored, nil if it is not. Version is that of who asks; namespace is
	// empty for a kind of the cluster. The error says why nobody knows.
	Get(ctx context.Context, kind rollout.Kind, version, namespace, name string) (*manifest.Document, error)
}

// askedAtOnce is how many rollouts are asked for together.
const askedAtOnce = 8

// fetch gives each pair what is stored.
func (c *Checker) fetch(ctx context.Context, pairs []pair) {
	var all errgroup.Group
	all.SetLimit(askedAtOnce)
	for i := range pairs {
		of := &pairs[i]
		kind := of.now.GroupKind()
		if of.now.Name == "" || !c.World.Kinds.Knows(kind) {
			continue // it gets a name of its own, or nobody knows what it is
		}
		all.Go(func() error {
			version := of.now.APIVersion[strings.LastIndex(of.now.APIVersion, "/")+1:]
			of.old, of.unread = c.Stored.Get(ctx, c.World.Kinds.Lookup(kind), version, c.namespace(of.now), of.now.Name)
			return nil
		})
	}
	_ = all.Wait() // each pair has its own error
}

// written returns the object that a write stores: with what the API server keeps of the one before,
// where that is known.
func (c *Checker) written(of pair) (*rollout.Object, error) {
	if c.Stored == nil || of.old == nil {
		return c.object(of.now)
	}
	document := *of.now
	var err error
	if document.JSON, err = kept(of.now.JSON, of.old.JSON); err != nil {
		return nil, err
	}
	return c.object(&document)
}

// kept returns an object with the status and the identity of the one that it replaces, which are not
// the writer's to say.
func kept(object, stored []byte) ([]byte, error) {
	var members, before map[string]json.RawMessage
	var metadata, was map[string]any
	for _, decode := range []struct {
		from []byte
		into any
	}{{object, &members}, {stored, &before}} {
		if err := json.Unmarshal(decode.from, decode.into); err != nil {
			return nil, err
		}
	}
	if err := json.Unmarshal(members["metadata"], &metadata); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(before["metadata"], &was); err != nil {
		return nil, err
	}
	maps.DeleteFunc(was, func(key string, _ any) bool {
		return key != "uid" && key != "creationTimestamp" && key != "deletionTimestamp" && key != "generation"
	})
	maps.Copy(metadata, was)
	var err error
	if members["metadata"], err = json.Marshal(metadata); err != nil {
		return nil, err
	}
	delete(members, "status")
	if status, found := before["status"]; found {
		members["status"] = status
	}
	return json.Marshal(members)
}
