package applicationset

import "github.com/seawall-dev/seawall/pkg/rollout"

// TakeAnyName has a kind count Applications whose names the API server refuses: a name shows what a
// template renders to.
func TakeAnyName(kind rollout.Kind) rollout.Kind {
	kind.Reader.(*reader).anyName = true
	return kind
}
