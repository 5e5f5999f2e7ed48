package rollout

import (
	"encoding/json"
	"strconv"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// Metadata is what Seawall reads of an object's metadata.
type Metadata struct {
	Name string `json:"name"`
	// GenerateName is for records only.
	GenerateName string            `json:"generateName"`
	Namespace    string            `json:"namespace"`
	UID          string            `json:"uid"`
	Generation   int64             `json:"generation"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	Finalizers   []string          `json:"finalizers"`
	// DeletionTimestamp is nil unless the object is being deleted.
	DeletionTimestamp *string `json:"deletionTimestamp"`

	// Raw is the JSON of all of it.
	Raw json.RawMessage `json:"-"`
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
