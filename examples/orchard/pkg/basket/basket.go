// Package basket collects picked fruit.
package basket

import (
	"fmt"

	"example.dev/fruit"
)

// Basket holds up to Size fruits.
type Basket struct {
	Size  int
	count map[fruit.Kind]int
	total int
}

// Pick takes as much ripe fruit from a tree as fits, and returns how much that was.
func (b *Basket) Pick(tree fruit.Tree) int {
	taken := min(tree.Ripe, b.Size-b.total) // min is built in since Go 1.21
	if taken <= 0 {
		return 0
	}
	if b.count == nil {
		b.count = map[fruit.Kind]int{}
	}
	b.count[tree.Kind] += taken
	b.total += taken
	return taken
}

// Count returns how many fruits of a kind lie in the basket.
func (b *Basket) Count(kind fruit.Kind) int { return b.count[kind] }

// String tells how full the basket is: "15 of 20".
func (b *Basket) String() string { return fmt.Sprintf("%d of %d", b.total, b.Size) }
