// Command heaps allocates in one of several ways and writes the heap profile of it.
//
//	heaps [-rate N] WORKLOAD FILE
//	heaps [-rate N] serve WORKLOAD      prints the address of its debug endpoint
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
	"runtime/pprof"
)

var workloads = map[string]func(){
	"compress":   compressEach,
	"maps":       growMaps,
	"generics":   useGenerics,
	"recursion":  recurse,
	"json":       roundTripJSON,
	"goroutines": fanOut,
	"nothing":    func() {},
}

// kept keeps something alive, so that inuse_* is not empty.
var kept []any

func main() {
	rate := flag.Int("rate", runtime.MemProfileRate, "bytes between two samples")
	flag.Parse()
	runtime.MemProfileRate = *rate
	if flag.Arg(0) == "serve" {
		serve(flag.Arg(1))
	}
	workloads[flag.Arg(0)]()
	runtime.GC()
	file, err := os.Create(flag.Arg(1))
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.WriteHeapProfile(file); err != nil {
		log.Fatal(err)
	}
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
}

func serve(workload string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	workloads[workload]()
	runtime.GC()
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
