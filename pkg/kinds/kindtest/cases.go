package kindtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// casesVariable names the folder with the cases that public reports and edits have made.
const casesVariable = "SEAWALL_CASES"

// Case is one of them.
type Case struct {
	// Name is that of its folder, such as "61a-reorder".
	Name  string
	Write rollout.Write
	// Inventory is the YAML of what else the cluster holds, and Objects are the objects in it.
	Inventory []byte
	Objects   []*unstructured.Unstructured
	// RolloutKind is the YAML of a kind that the case configures; empty if it configures none.
	RolloutKind []byte
	// Right is what expected.tsv says of it, for messages.
	Right string
}

// EachCase runs check for every case of a system ("argo", "fleets") whose object is of one of the
// kinds, all of them if none is given, with the row of its name. A case without a row fails, and so
// does a row without a case; where there are no cases the test is skipped.
func EachCase[Row any](t *testing.T, system string, kinds []string, rows map[string]Row, check func(t *testing.T, of Case, row Row)) {
	t.Helper()
	missing := map[string]bool{}
	for name := range rows {
		missing[name] = true
	}
	for _, of := range cases(t, system, kinds) {
		row, found := rows[of.Name]
		delete(missing, of.Name)
		t.Run(of.Name, func(t *testing.T) {
			if !found {
				t.Fatalf("no row says what is right, which is %q", of.Right)
			}
			check(t, of, row)
		})
	}
	for name := range missing {
		t.Errorf("there is no case %s", name)
	}
}

// Read lets a kind read the case's write over its inventory.
func (c Case) Read(tb testing.TB, newKind NewKind) (rollout.Change, error) {
	tb.Helper()
	kind := newKind(inventory.NewStaticRegistry(inventory.Static{Objects: c.Objects}))
	return kind.Reader.Read(tb.Context(), c.Write)
}

func cases(tb testing.TB, system string, kinds []string) []Case {
	tb.Helper()
	folder, found := os.LookupEnv(casesVariable)
	if !found {
		folder = beside(tb, "cases")
	}
	if _, err := os.Stat(folder); err != nil {
		tb.Skipf("no cases: %s does not name a folder", casesVariable)
	}
	entries, err := os.ReadDir(filepath.Join(folder, system))
	if err != nil {
		tb.Fatal(err)
	}
	right := expected(tb, folder)
	var all []Case
	for _, entry := range entries {
		at := filepath.Join(folder, system, entry.Name())
		object := read(tb, at, "object.yaml")
		if len(kinds) > 0 && !slices.Contains(kinds, kindOf(tb, object)) {
			continue
		}
		of := Case{
			Name: entry.Name(), Inventory: read(tb, at, "inventory.yaml"), RolloutKind: read(tb, at, "rolloutkind.yaml"),
			Right: right[system+"/"+entry.Name()],
		}
		of.Objects = Objects(tb, of.Inventory)
		operation, old := rollout.Create, read(tb, at, "old.yaml")
		if len(old) > 0 {
			operation = rollout.Update
		}
		of.Write = Write(tb, operation, object, old)
		all = append(all, of)
	}
	return all
}

func kindOf(tb testing.TB, object []byte) string {
	tb.Helper()
	var decoded struct {
		Kind string `json:"kind"`
	}
	if err := yaml.Unmarshal(object, &decoded); err != nil {
		tb.Fatal(err)
	}
	return decoded.Kind
}

// expected returns what is right by the name of a case, such as "argo/61a-reorder".
func expected(tb testing.TB, folder string) map[string]string {
	tb.Helper()
	right := map[string]string{}
	for line := range strings.SplitSeq(string(read(tb, folder, "expected.tsv")), "\n") {
		if columns := strings.Split(line, "\t"); len(columns) > 1 {
			right[columns[0]] = columns[1]
		}
	}
	return right
}
