package explain

import "github.com/seawall-dev/seawall/pkg/manifest"

// Document is what is told for programs. Fields are added, never renamed.
type Document struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Rollouts   []Rollout `json:"rollouts"`
	Problems   []Problem `json:"problems,omitempty"`
}

// Problem is what could not be read.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Message string `json:"message"`
}

// Documented returns what is told for programs.
func Documented(rollouts []Rollout, problems []*manifest.ReadError) Document {
	document := Document{APIVersion: "cli.seawall.dev/v1alpha1", Kind: "ExplainReport", Rollouts: rollouts}
	for _, problem := range problems {
		document.Problems = append(document.Problems, Problem{problem.File, problem.Line, problem.Err.Error()})
	}
	return document
}
