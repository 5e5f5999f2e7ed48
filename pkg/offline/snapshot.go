package offline

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/manifest"
)

const (
	snapshotVersion = "cli.seawall.dev/v1alpha1"
	snapshotKind    = "InventorySnapshot"
)

// snapshot is the first document of a snapshot: of what it holds all that there is.
type snapshot struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	// Taken is when, and Server from where.
	Taken     time.Time          `json:"taken"`
	Server    string             `json:"server"`
	Resources []snapshotResource `json:"resources"`
}

type snapshotResource struct {
	Resource  string `json:"resource"`
	Namespace string `json:"namespace,omitempty"`
	Label     string `json:"label,omitempty"`
	Objects   int    `json:"objects"`
	// Absent says that the API server does not serve it, and Error why it could not be listed.
	Absent bool   `json:"absent,omitempty"`
	Error  string `json:"error,omitempty"`
}

// WriteSnapshot writes what has been taken of an API server as YAML: first what it is, then the objects
// in their order, so that two of them can be compared line by line.
func WriteSnapshot(out io.Writer, taken inventory.Taken, server string, at time.Time) error {
	head := newSnapshot(taken)
	head.Taken, head.Server = at.UTC().Truncate(time.Second), server
	if parsed, err := url.Parse(server); err == nil && parsed.User != nil {
		parsed.User = nil // a credential
		head.Server = parsed.String()
	}
	buffered := bufio.NewWriter(out)
	documents := make([]any, 0, 1+len(taken.Objects))
	documents = append(documents, head)
	for _, object := range taken.Objects {
		documents = append(documents, object.Object)
	}
	for i, document := range documents {
		text, err := yaml.Marshal(document)
		if err != nil {
			return err
		}
		if i > 0 {
			_, _ = buffered.WriteString("---\n")
		}
		_, _ = buffered.Write(text)
	}
	return buffered.Flush()
}

// newSnapshot says what has been taken.
func newSnapshot(taken inventory.Taken) snapshot {
	head := snapshot{APIVersion: snapshotVersion, Kind: snapshotKind}
	head.Metadata.Name = "inventory"
	for _, source := range taken.Sources {
		resource := snapshotResource{
			Resource: source.String(), Namespace: source.Namespace, Label: source.Label, Objects: source.Objects, Absent: !source.Served,
		}
		if source.Err != nil {
			resource.Error = source.Err.Error()
		}
		head.Resources = append(head.Resources, resource)
	}
	return head
}

// Live returns the inventory that has just been taken of an API server: what a snapshot of it would hold.
func Live(taken inventory.Taken, server string) (Inventory, error) {
	var found Inventory
	found.tell(newSnapshot(taken))
	var own []*manifest.Document
	for _, object := range taken.Objects {
		if object.GroupVersionKind().Group != v1alpha1.GroupVersion().Group {
			found.Objects = append(found.Objects, object)
			continue
		}
		text, err := object.MarshalJSON()
		if err != nil {
			return Inventory{}, err
		}
		own = append(own, manifest.Parse(server, text).Documents...)
	}
	found.settle(own)
	return found, nil
}

// isSnapshot tells whether a document is the first of a snapshot.
func isSnapshot(document *manifest.Document) bool {
	return document.Kind == snapshotKind && document.APIVersion == snapshotVersion
}

// addSnapshot notes of what all is given.
func (i *Inventory) addSnapshot(document *manifest.Document) error {
	var head snapshot
	if err := utiljson.Unmarshal(document.JSON, &head); err != nil {
		return fmt.Errorf("%s: %w", snapshotKind, err)
	}
	i.tell(head)
	return nil
}

func (i *Inventory) tell(head snapshot) {
	for _, resource := range head.Resources {
		i.note(resource)
		switch {
		case resource.Absent:
			i.Absent = append(i.Absent, resource.Resource)
		case resource.Error == "":
			i.whole = append(i.whole, resource)
		}
	}
}

// gives tells whether all objects of a source are given: by a snapshot, or because there are any.
func (i *Inventory) gives(source inventory.Source) bool {
	return slices.ContainsFunc(i.whole, func(resource snapshotResource) bool {
		return resource.Resource == source.String() && (resource.Namespace == "" || resource.Namespace == source.Namespace) &&
			(resource.Label == "" || resource.Label == source.Label)
	}) || slices.ContainsFunc(i.Objects, source.Covers)
}
