package rollout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// Metadata is what Seawall reads of an object's metadata.
type Metadata struct {
	// UID and GenerateName are for records only.
	UID          string            `json:"uid"`
	GenerateName string            `json:"generateName"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
}

// ParseMetadata reads the metadata of an object's JSON and nothing behind it: the API
// server writes keys in order, so the spec of a large object is not scanned.
func ParseMetadata(object []byte) (Metadata, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return Metadata{}, errors.New("object is not a JSON object")
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return Metadata{}, fmt.Errorf("reading object: %w", err)
		}
		if key == "metadata" {
			var metadata Metadata
			if err := decoder.Decode(&metadata); err != nil {
				return Metadata{}, fmt.Errorf("reading metadata: %w", err)
			}
			return metadata, nil
		}
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			return Metadata{}, fmt.Errorf("reading %v: %w", key, err)
		}
	}
	return Metadata{}, errors.New("object has no metadata")
}

// Declared returns the number of environments that the annotation
// seawall.dev/environments declares, and whether there is one. The error is an
// *AnnotationError.
func (m Metadata) Declared() (n int, found bool, err error) {
	value, found := m.Annotations[v1alpha1.EnvironmentsAnnotation]
	if !found {
		return 0, false, nil
	}
	// ParseUint accepts no sign; the round trip refuses leading zeros.
	declared, err := strconv.ParseUint(value, 10, 32)
	if err != nil || declared < 1 || declared > risk.MaxEnvironments || strconv.FormatUint(declared, 10) != value {
		return 0, true, malformedDeclaration(value)
	}
	return int(declared), true, nil
}
