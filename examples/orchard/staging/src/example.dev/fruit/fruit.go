// Package fruit holds the words that all parts of the orchard share. It is a module of its own, so that
// other repositories can import it without the rest.
package fruit

import (
	"fmt"
	"strings"
)

// Kind is a sort of fruit: "apple".
type Kind string

// Tree is one tree of the orchard and what hangs on it.
type Tree struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	Ripe int    `json:"ripe"`
}

// ParseKind reads a kind as people write it. Plurals and capitals are fine.
func ParseKind(text string) (Kind, error) {
	word := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(text)), "s")
	switch kind := Kind(word); kind {
	case "apple", "pear", "plum":
		return kind, nil
	}
	return "", fmt.Errorf("no tree here bears %q", text)
}
