package fruit

import "testing"

func TestParseKind(t *testing.T) {
	for _, text := range []string{"apple", "Apples", " apple "} {
		if kind, err := ParseKind(text); err != nil || kind != "apple" {
			t.Errorf("ParseKind(%q) = %q, %v", text, kind, err)
		}
	}
	if _, err := ParseKind("rock"); err == nil {
		t.Error("a rock is no fruit")
	}
}
