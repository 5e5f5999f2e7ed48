// Package version says which build of Seawall runs.
package version

import (
	"runtime/debug"
)

// Get returns the version of the running program as its build recorded it: a tag such as
// "v0.1.0", a pseudo-version, or the revision of a build from a checkout.
func Get() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return of(info)
}

func of(info *debug.BuildInfo) string {
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	revision, dirty := "unknown", ""
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			revision = setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				dirty = "-dirty"
			}
		}
	}
	return revision + dirty
}
