package kindtest

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
	text, err := os.ReadFile(filepath.Join(corpus(tb), name))
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// CorpusFiles returns the names of all files in a folder of the corpus, such as "argocd", so
// that a test can hold that it reads every one.
func CorpusFiles(tb testing.TB, name string) []string {
	tb.Helper()
	entries, err := os.ReadDir(filepath.Join(corpus(tb), name))
	if err != nil {
		tb.Fatal(err)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}

// corpus returns the folder of the corpus; the test is skipped where there is none.
func corpus(tb testing.TB) string {
	tb.Helper()
	folder, found := os.LookupEnv(corpusVariable)
	if !found {
		folder = beside(tb, "corpus")
	}
	if _, err := os.Stat(folder); err != nil {
		tb.Skipf("no corpus: %s does not name a folder", corpusVariable)
	}
	return folder
}
