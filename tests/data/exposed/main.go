// Command exposed serves an application and pprof, together or apart, where it is told.
//
// It prints the ports of the application and of pprof once both can be reached.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
)

var (
	app    = flag.String("app", "127.0.0.1:0", "where the application listens")
	debug  = flag.String("debug", "", "where pprof has a listener of its own; none if empty")
	ownMux = flag.Bool("ownmux", false, "the application does not serve the default mux")
	secret = flag.String("secret", "", "an argument that /debug/pprof/cmdline shows")
)

func main() {
	flag.Parse()
	// The import alone has put pprof into the default mux.
	application := http.DefaultServeMux
	if *ownMux {
		application = http.NewServeMux()
	}
	application.HandleFunc("/hello", hello)
	first := serve(*app, application)
	second := first
	if *debug != "" {
		profiles := http.NewServeMux()
		profiles.HandleFunc("/debug/pprof/", pprof.Index)
		second = serve(*debug, profiles)
	}
	fmt.Println(first, second)
	select {}
}

func hello(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello") }

func serve(address string, handler http.Handler) int {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.Serve(listener, handler)) }()
	return listener.Addr().(*net.TCPAddr).Port
}
