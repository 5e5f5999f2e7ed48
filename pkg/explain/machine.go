package explain

import (
	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
)

// Document is what is told for programs. Fields are added, never renamed.
type Document struct {
	APIVersion string             `json:"apiVersion"`
	Kind       string             `json:"kind"`
	Rollouts   []Rollout          `json:"rollouts"`
	Problems   []manifest.Problem `json:"problems,omitempty"`
}

// Documented returns what is told for programs.
func Documented(rollouts []Rollout, problems []*manifest.ReadError) Document {
	return Document{APIVersion: check.APIVersion, Kind: "ExplainReport", Rollouts: rollouts, Problems: manifest.Problems(problems)}
}
