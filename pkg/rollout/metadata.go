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
	GenerateName string `json:"generateName"`
	Namespace    string `json:"namespace"`
	UID          string `json:"uid"`
	// ResourceVersion is that of what is stored, in the old object of a write.
	ResourceVersion string            `json:"resourceVersion"`
	Generation      int64             `json:"generation"`
	Labels          map[string]string `json:"labels"`
	Annotations     map[string]string `json:"annotations"`
	Finalizers      []string          `json:"finalizers"`
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
	if found {
		n, err = ParseDeclared("", value)
	}
	return n, found, err
}

// ParseDeclared returns the number that the annotation seawall.dev/environments of an object
// declares; the object is named for the error, an *AnnotationError, and empty for the rollout.
func ParseDeclared(object, value string) (int, error) {
	// ParseUint accepts no sign; the round trip refuses leading zeros.
	declared, err := strconv.ParseUint(value, 10, 32)
	if err != nil || declared < 1 || declared > risk.MaxEnvironments || strconv.FormatUint(declared, 10) != value {
		return 0, &AnnotationError{
			Object: object, Key: v1alpha1.EnvironmentsAnnotation, Value: value, Want: "an integer from 1 to 1000000",
		}
	}
	return int(declared), nil
}
