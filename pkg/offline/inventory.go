package offline

import (
	"encoding/base64"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/manifest"
)

// Inventory says which environments there are, in the place of an API server.
type Inventory struct {
	Objects []*unstructured.Unstructured
	// Absent are the resources that the API server does not serve, such as "clusters.fleet.cattle.io".
	Absent []string
	// Given tells of which sources Objects holds all there is; nil for those of which it holds any.
	Given func(inventory.Source) bool

	// whole are the resources that snapshots hold.
	whole []snapshotResource
	// own are Seawall's own objects of a cluster, by their sorts.
	own map[Own]standing
}

// NewInventory returns the inventory that manifests are: all that there is of what a snapshot among
// them was taken of, and of a source of which there is any object, and nothing of others.
func NewInventory(documents []*manifest.Document) (Inventory, []*manifest.ReadError) {
	var found Inventory
	var problems []*manifest.ReadError
	for _, document := range documents {
		if isSnapshot(document) {
			if err := found.addSnapshot(document); err != nil {
				problems = append(problems, &manifest.ReadError{File: document.File, Line: document.LineOf("resources"), Err: err})
			}
			continue
		}
		if IsOwn(document) {
			continue // by which is judged, and nothing counted
		}
		object := &unstructured.Unstructured{}
		if err := utiljson.Unmarshal(document.JSON, &object.Object); err != nil {
			problems = append(problems, &manifest.ReadError{File: document.File, Line: document.Line, Err: err})
			continue
		}
		if wrong, err := encode(object); err != nil {
			problems = append(problems, &manifest.ReadError{File: document.File, Line: document.LineOf(wrong), Err: fmt.Errorf(
				"%s: %s %w", document.Identity, wrong, err)})
			continue
		}
		found.Objects = append(found.Objects, object)
	}
	found.settle(documents)
	return found, problems
}

// encode writes the strings of a Secret's stringData where the API server does, which refuses what is
// no string: of that it returns the path.
func encode(object *unstructured.Unstructured) (wrong string, err error) {
	text, found := object.Object["stringData"].(map[string]any)
	if !found || object.GetKind() != "Secret" || object.GetAPIVersion() != "v1" {
		return "", nil
	}
	data, _ := object.Object["data"].(map[string]any)
	if data == nil {
		data = map[string]any{}
		object.Object["data"] = data
	}
	for key, value := range text {
		value, is := value.(string)
		if !is {
			return "stringData." + key, errors.New("is no string: want one, in quotes where YAML takes it for something else")
		}
		data[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	delete(object.Object, "stringData")
	return "", nil
}

// static returns what a registry holds, which tells missed what is asked for and not given.
func (i *Inventory) static(missed func(inventory.Source)) inventory.Static {
	given := i.Given
	if given == nil {
		given = i.gives
	}
	return inventory.Static{Objects: i.Objects, Absent: i.Absent, Given: given, Missed: missed}
}
