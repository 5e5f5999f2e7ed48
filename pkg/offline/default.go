package offline

import (
	_ "embed"

	"github.com/seawall-dev/seawall/pkg/manifest"
)

// defaultPolicy is the WavePolicy that the chart installs, by a test.
//
//go:embed default.yaml
var defaultPolicy []byte

// Default returns the WavePolicy that the chart installs unless it is told otherwise.
func Default() []*manifest.Document {
	return manifest.Parse("the chart's default", defaultPolicy).Documents
}
