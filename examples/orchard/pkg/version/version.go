// Package version knows which build this is. The linker sets the variables (-X): kubewright finds their names
// in kubewright.yaml and their values in git.
package version

import (
	"fmt"
	"runtime"
)

var (
	gitVersion   = "v0.0.0-unstamped"
	gitCommit    = ""
	gitTreeState = ""
	gitMajor     = ""
	gitMinor     = ""
	buildDate    = "1970-01-01T00:00:00Z"
)

// Info is what a binary tells about itself.
type Info struct {
	GitVersion   string `json:"gitVersion"`
	GitCommit    string `json:"gitCommit"`
	GitTreeState string `json:"gitTreeState"`
	Major        string `json:"major"`
	Minor        string `json:"minor"`
	BuildDate    string `json:"buildDate"`
	GoVersion    string `json:"goVersion"`
	Platform     string `json:"platform"`
}

// Get returns the version of this binary.
func Get() Info {
	return Info{
		GitVersion:   gitVersion,
		GitCommit:    gitCommit,
		GitTreeState: gitTreeState,
		Major:        gitMajor,
		Minor:        gitMinor,
		BuildDate:    buildDate,
		GoVersion:    runtime.Version(),
		Platform:     runtime.GOOS + "/" + runtime.GOARCH,
	}
}

// String is one line for people: "v1.4.0 (commit 0123456789ab, clean, go1.24.13 linux/amd64)".
func (info Info) String() string {
	commit := info.GitCommit
	if len(commit) > 12 {
		commit = commit[:12]
	}
	if commit == "" {
		commit = "unknown"
	}
	return fmt.Sprintf("%s (commit %s, %s, %s %s)", info.GitVersion, commit, info.GitTreeState, info.GoVersion, info.Platform)
}
