// scarecrow stands on a machine and says whose it is. It asks the C library, so it is not linked statically.
package main

import (
	"flag"
	"fmt"
	"log"
	"os/user"

	"example.dev/orchard/pkg/version"
)

func main() {
	showVersion := flag.Bool("version", false, "print the version and leave")
	flag.Parse()
	if *showVersion {
		fmt.Println("scarecrow", version.Get())
		return
	}
	keeper, err := user.Current()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("shoo! this field belongs to %s\n", keeper.Username)
}
