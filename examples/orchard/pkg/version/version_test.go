package version

import (
	"strings"
	"testing"
)

func TestStringShortensTheCommit(t *testing.T) {
	info := Info{GitVersion: "v1.4.0", GitCommit: strings.Repeat("ab", 20), GitTreeState: "clean"}
	if text := info.String(); !strings.HasPrefix(text, "v1.4.0 (commit abababababab, clean,") {
		t.Errorf("got %q", text)
	}
}
