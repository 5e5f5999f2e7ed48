package check

import (
	"encoding/json"

	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// object returns the object of a document, in its namespace.
func (c *Checker) object(document *manifest.Document) (*rollout.Object, error) {
	namespace := c.namespace(document)
	if namespace == document.Namespace {
		return rollout.Cut(document.JSON)
	}
	text, err := moved(document.JSON, namespace)
	if err != nil {
		return nil, err
	}
	return rollout.Cut(text)
}

// moved returns an object in another namespace, in none if that is empty.
func moved(object []byte, namespace string) ([]byte, error) {
	var members map[string]json.RawMessage
	var metadata map[string]any
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(members["metadata"], &metadata); err != nil {
		return nil, err
	}
	if metadata["namespace"] = namespace; namespace == "" {
		delete(metadata, "namespace")
	}
	var err error
	if members["metadata"], err = json.Marshal(metadata); err != nil {
		return nil, err
	}
	return json.Marshal(members)
}
