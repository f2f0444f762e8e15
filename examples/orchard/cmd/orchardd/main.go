// orchardd serves the catalogue of the orchard over HTTP.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"

	"example.dev/fruit"
	"example.dev/orchard/pkg/catalogue"
	"example.dev/orchard/pkg/version"
)

func main() {
	address := flag.String("listen", "127.0.0.1:8380", "address to listen on")
	showVersion := flag.Bool("version", false, "print the version and leave")
	flag.Parse()
	if *showVersion {
		fmt.Println("orchardd", version.Get())
		return
	}
	log.Printf("orchardd %s listens on %s", version.Get(), *address)
	log.Fatal(http.ListenAndServe(*address, handler()))
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { reply(w, version.Get()) })
	mux.HandleFunc("/trees", func(w http.ResponseWriter, r *http.Request) {
		wanted := r.URL.Query().Get("kind")
		if wanted == "" {
			reply(w, catalogue.All())
			return
		}
		kind, err := fruit.ParseKind(wanted)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reply(w, catalogue.OfKind(kind))
	})
	return mux
}

func reply(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Print(err)
	}
}
