package risk

import (
	"os/exec"
	"strings"
	"testing"
)

// TestStandardLibraryOnly keeps the arithmetic that refuses people's rollouts
// free of anyone else's code, the rest of this module included.
func TestStandardLibraryOnly(t *testing.T) {
	const self = "github.com/seawall-dev/seawall/pkg/risk"

	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		first, _, _ := strings.Cut(path, "/")
		if strings.Contains(first, ".") && path != self {
			t.Errorf("depends on %s", path)
		}
	}
}
