package version

import (
	"runtime/debug"
	"testing"

	"github.com/onsi/gomega"
)

func TestVersion(t *testing.T) {
	for name, test := range map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"a tagged module tells its tag": {
			info: debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}},
			want: "v0.1.0",
		},
		"a checkout tells its revision": {
			info: debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}}},
			want: "abc",
		},
		"a checkout with changes says so": {
			info: debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}},
			want: "abc-dirty",
		},
		"a build without a stamp is unknown": {want: "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(of(&test.info)).To(gomega.Equal(test.want))
		})
	}
}
