// orchardctl asks the orchard what is ripe.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"example.dev/fruit"
	"example.dev/orchard/pkg/catalogue"
	"example.dev/orchard/pkg/version"
)

const usage = `usage:
  orchardctl list [KIND]       trees, all or of one kind
  orchardctl version [--json]  which build this is
`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "orchardctl:", err)
		os.Exit(1)
	}
}

func run(words []string) error {
	switch {
	case len(words) == 1 && words[0] == "list":
		return list(catalogue.All())
	case len(words) == 2 && words[0] == "list":
		kind, err := fruit.ParseKind(words[1])
		if err != nil {
			return err
		}
		return list(catalogue.OfKind(kind))
	case len(words) == 1 && (words[0] == "version" || words[0] == "--version"):
		fmt.Println("orchardctl", version.Get())
		return nil
	case len(words) == 2 && words[0] == "version" && words[1] == "--json":
		return json.NewEncoder(os.Stdout).Encode(version.Get())
	}
	fmt.Fprint(os.Stderr, usage)
	return fmt.Errorf("cannot understand %q", words)
}

func list(trees []fruit.Tree) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TREE\tFRUIT\tRIPE")
	for _, tree := range trees {
		fmt.Fprintf(table, "%s\t%s\t%d\n", tree.Name, tree.Kind, tree.Ripe)
	}
	return table.Flush()
}
