// Command patterns is a service whose every endpoint has one pattern that makes garbage, and beside
// it the same endpoint without: GET /HW401/before and GET /HW401/after give equal answers.
//
// One file a pattern, which registers itself. A pattern stands in it as people write it, with
// enough of it in one request to be seen beside the others: 50 to 500 KB.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"sort"
)

// A pattern is one endpoint, twice.
type pattern struct {
	code          string
	before, after http.HandlerFunc
}

var patterns []pattern

func register(code string, before, after http.HandlerFunc) {
	patterns = append(patterns, pattern{code, before, after})
}

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen at")
	list := flag.Bool("list", false, "print the codes there are")
	sampled := flag.Int("memprofilerate", 64<<10, "mean bytes between two samples of the heap profile")
	flag.Parse()
	runtime.MemProfileRate = *sampled
	sort.Slice(patterns, func(i, j int) bool { return patterns[i].code < patterns[j].code })
	if *list {
		for _, each := range patterns {
			fmt.Println(each.code)
		}
		return
	}
	for _, each := range patterns {
		http.HandleFunc("GET /"+each.code+"/before", each.before)
		http.HandleFunc("GET /"+each.code+"/after", each.after)
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintln(os.Stdout, "listening", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
