package kindtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// FleetCase is an input of a public report or edit; what is right is in the table of the test.
type FleetCase struct {
	Write  rollout.Write
	Static inventory.Static
	// RolloutKind is the YAML of the kind that the case is told by; mostly empty.
	RolloutKind []byte
}

// FleetCases returns the cases of fleets by name. The test is skipped only where there are none
// beside the checkout.
func FleetCases(tb testing.TB) map[string]FleetCase {
	tb.Helper()
	folder := filepath.Join(beside(tb, "cases"), "fleets")
	entries, err := os.ReadDir(folder)
	if os.IsNotExist(err) {
		tb.Skip("no cases: ../shared/cases/fleets is no folder")
	}
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	cases := make(map[string]FleetCase, len(entries))
	for _, entry := range entries {
		cases[entry.Name()] = fleetCase(tb, filepath.Join(folder, entry.Name()))
	}
	return cases
}

func fleetCase(tb testing.TB, folder string) FleetCase {
	tb.Helper()
	stored := strings.ReplaceAll(string(read(tb, folder, "inventory.yaml")), "rollouttest.seawall.dev/copies", CopiesAnnotation)
	old, operation := read(tb, folder, "old.yaml"), rollout.Update
	if len(old) == 0 {
		operation = rollout.Create
	}
	return FleetCase{
		Write:       Write(tb, operation, read(tb, folder, "object.yaml"), old),
		Static:      inventory.Static{Objects: Objects(tb, []byte(stored))},
		RolloutKind: read(tb, folder, "rolloutkind.yaml"),
	}
}
