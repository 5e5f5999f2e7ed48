package oracle

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// answer is what hack/tools/oracle says of a write; see there.
type answer struct {
	Status       json.RawMessage `json:"status,omitempty"`
	Applications []string        `json:"applications,omitempty"`
	Before       string          `json:"before,omitempty"`
	Kept         outcome         `json:"kept"`
	Written      outcome         `json:"written"`
	Problem      string          `json:"problem,omitempty"`
}

type outcome struct {
	Error    string             `json:"error,omitempty"`
	Created  []string           `json:"created,omitempty"`
	Refused  []string           `json:"refused,omitempty"`
	Deleted  []string           `json:"deleted,omitempty"`
	Orphaned []string           `json:"orphaned,omitempty"`
	Patched  map[string]patched `json:"patched,omitempty"`
	Started  []string           `json:"started,omitempty"`
	Rounds   [][]string         `json:"rounds,omitempty"`
}

type patched struct {
	Spec      bool `json:"spec,omitempty"`
	On        bool `json:"on,omitempty"`
	Off       bool `json:"off,omitempty"`
	Stays     bool `json:"stays,omitempty"`
	Automated bool `json:"automated,omitempty"`
}

// program builds the oracle unless it is built already, and returns where it is.
func program(t *testing.T) string {
	t.Helper()
	build := exec.CommandContext(t.Context(), filepath.Join("..", "tools", "build.sh"), "oracle")
	build.Stderr = os.Stderr
	printed, err := build.Output()
	if err != nil {
		t.Fatalf("building the oracle: %v", err)
	}
	return strings.TrimSpace(string(printed))
}

// ask sends the writes and calls back with each answer, in their order.
func ask(t *testing.T, writes func(yield func(write) bool), answered func(write, answer)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	oracle := exec.CommandContext(ctx, program(t))
	oracle.Stderr = os.Stderr
	oracle.Env = append(os.Environ(), "ARGOCD_LOG_LEVEL=error") // or it tells of each call of git
	in, err := oracle.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := oracle.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := oracle.Start(); err != nil {
		t.Fatal(err)
	}
	asked := make(chan write, 1000)
	failed := make(chan error, 1)
	go func() {
		defer close(asked)
		failed <- send(in, writes, asked)
	}()
	decoder := json.NewDecoder(bufio.NewReader(out))
	for of := range asked {
		var said answer
		if err := decoder.Decode(&said); err != nil {
			t.Fatalf("the oracle did not answer of write %d: %v", of.number, err)
		}
		if said.Problem != "" {
			t.Fatalf("the oracle failed of write %d: %s\n%s", of.number, said.Problem, of.yaml(t))
		}
		answered(of, said)
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	if err := oracle.Wait(); err != nil {
		t.Fatal(err)
	}
}

func send(in io.WriteCloser, writes func(yield func(write) bool), asked chan<- write) error {
	encoder := json.NewEncoder(in)
	for of := range writes {
		asked <- of
		if err := encoder.Encode(of); err != nil {
			return fmt.Errorf("asking the oracle: %w", err)
		}
	}
	return in.Close()
}
