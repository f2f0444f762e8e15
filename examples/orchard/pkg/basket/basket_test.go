package basket

import (
	"testing"

	"example.dev/fruit"
)

func TestPickStopsWhenTheBasketIsFull(t *testing.T) {
	basket := Basket{Size: 10}
	basket.Pick(fruit.Tree{Kind: "apple", Ripe: 7})
	if taken := basket.Pick(fruit.Tree{Kind: "apple", Ripe: 7}); taken != 3 {
		t.Errorf("took %d, want 3", taken)
	}
	if basket.Count("apple") != 10 || basket.String() != "10 of 10" {
		t.Errorf("the basket holds %s", basket.String())
	}
}
