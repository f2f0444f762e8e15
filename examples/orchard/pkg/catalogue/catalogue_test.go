package catalogue

import "testing"

func TestOfKind(t *testing.T) {
	if found := OfKind("apple"); len(found) != 2 {
		t.Errorf("found %d apple trees, want 2", len(found))
	}
	if found := OfKind("rock"); found != nil {
		t.Errorf("found %v", found)
	}
}
