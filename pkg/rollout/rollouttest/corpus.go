package rollouttest

import (
	"os"
	"path/filepath"
	"testing"
)

// corpusVariable names the folder with the manifests of other projects.
const corpusVariable = "SEAWALL_CORPUS"

// Corpus returns a file of the corpus, such as "fleet/bundle.yaml". The test is skipped
// where there is no corpus; a file that is missing from one fails.
func Corpus(tb testing.TB, name string) []byte {
	tb.Helper()
	folder, found := os.LookupEnv(corpusVariable)
	if !found {
		folder = filepath.Join(root(tb), "..", "shared", "corpus")
	}
	if _, err := os.Stat(folder); err != nil {
		tb.Skipf("no corpus: %s does not name a folder", corpusVariable)
	}
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// root returns the folder of go.mod.
func root(tb testing.TB) string {
	tb.Helper()
	folder, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			tb.Fatal("not inside a module")
		}
		folder = parent
	}
}
