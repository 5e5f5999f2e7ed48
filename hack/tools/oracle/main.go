// The oracle says what Argo CD does: it reads questions as lines of JSON and answers each with
// a line. Argo CD's own ApplicationSet controller answers, on a cluster in memory; nothing of
// it is written anew here.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/argoproj/argo-cd/v3/reposerver/repository"
	"github.com/sirupsen/logrus"
)

// longest is the longest line: an ApplicationSet is 3 MiB at most, and a question has two.
const longest = 16 << 20

func main() {
	debug.SetGCPercent(400)      // it lives for a minute
	logrus.SetOutput(io.Discard) // the controller tells of every step that it takes
	if err := answerAll(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

// answerAll answers in the order of the questions, several at once.
func answerAll(in io.Reader, out io.Writer) error {
	scratch, err := os.MkdirTemp("", "seawall-oracle-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	server, err := newServer(scratch)
	if err != nil {
		return err
	}
	pending := make(chan chan answer, runtime.GOMAXPROCS(0))
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longest)
	go func() {
		defer close(pending)
		for lines.Scan() {
			line, slot := append([]byte(nil), lines.Bytes()...), make(chan answer, 1)
			pending <- slot
			go func() { slot <- reply(line, server) }()
		}
	}()
	encoder := json.NewEncoder(out)
	for slot := range pending {
		if err := encoder.Encode(<-slot); err != nil {
			return err
		}
	}
	return lines.Err()
}

func reply(line []byte, server *repository.Service) answer {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{Problem: "reading the question: " + err.Error()}
	}
	asked.server = server
	answered, err := ask(asked)
	if err != nil {
		answered.Problem = err.Error()
	}
	return answered
}
