// Package harvest tests a whole day in the orchard. kubewright builds it as the binary harvest.test.
package harvest

import (
	"testing"

	"example.dev/orchard/pkg/basket"
	"example.dev/orchard/pkg/catalogue"
)

func TestOneBasketTakesAllApples(t *testing.T) {
	day := basket.Basket{Size: 20}
	for _, tree := range catalogue.OfKind("apple") {
		day.Pick(tree)
	}
	if day.Count("apple") != 12 {
		t.Errorf("picked %d apples, want 12", day.Count("apple"))
	}
}
