// Package catalogue knows every tree of the orchard.
package catalogue

import "example.dev/fruit"

var trees = []fruit.Tree{
	{Name: "gate", Kind: "apple", Ripe: 12},
	{Name: "well", Kind: "pear", Ripe: 3},
	{Name: "wall", Kind: "plum", Ripe: 40},
	{Name: "barn", Kind: "apple", Ripe: 0},
}

// All returns every tree, in the order of a walk from the gate.
func All() []fruit.Tree {
	return append([]fruit.Tree(nil), trees...)
}

// OfKind returns the trees that bear one kind of fruit.
func OfKind(kind fruit.Kind) []fruit.Tree {
	var found []fruit.Tree
	for _, tree := range trees {
		if tree.Kind == kind {
			found = append(found, tree)
		}
	}
	return found
}
