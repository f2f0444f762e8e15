// picker walks the orchard and fills its basket, once or at an interval.
package main

import (
	"flag"
	"fmt"
	"time"

	"example.dev/orchard/pkg/basket"
	"example.dev/orchard/pkg/catalogue"
	"example.dev/orchard/pkg/version"
)

func main() {
	size := flag.Int("basket", 20, "how many fruits a basket holds")
	interval := flag.Duration("every", 0, "walk again after this time; 0 walks once")
	showVersion := flag.Bool("version", false, "print the version and leave")
	flag.Parse()
	if *showVersion {
		fmt.Println("picker", version.Get())
		return
	}
	for {
		walk(*size)
		if *interval <= 0 {
			return
		}
		time.Sleep(*interval)
	}
}

func walk(size int) {
	basket := basket.Basket{Size: size}
	for _, tree := range catalogue.All() {
		if taken := basket.Pick(tree); taken > 0 {
			fmt.Printf("%s: %d × %s\n", tree.Name, taken, tree.Kind)
		}
	}
	fmt.Println("basket:", basket.String())
}
