package kindtest

import (
	"path/filepath"
	"runtime"
	"testing"
)

// beside returns a folder of what lies beside the checkout, such as "cases".
func beside(tb testing.TB, name string) string {
	tb.Helper()
	_, here, _, known := runtime.Caller(0)
	if !known {
		tb.Fatal("nothing tells where this file is")
	}
	return filepath.Join(filepath.Dir(here), "../../../../shared", name)
}
