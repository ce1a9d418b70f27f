package cli

import (
	"runtime"
	"runtime/debug"
)

// release is the version this source becomes.
const release = "0.1.0"

// version returns the release, with the revision it was built from where the
// build recorded one.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return release + "+" + s.Value[:12]
		}
	}
	return release
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(r *run) error {
	v := map[string]string{"version": version(), "go": runtime.Version(), "system": runtime.GOOS + "/" + runtime.GOARCH}
	return r.print(v, "sallyport %s (%s, %s)", v["version"], v["go"], v["system"])
}
