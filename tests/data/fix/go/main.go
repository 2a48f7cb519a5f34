// Command feed is the service whose patterns heapwise's tests let it mend.
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

	"example.com/feed/sealed"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen at")
	flag.Parse()
	runtime.MemProfileRate = 4 << 10
	http.HandleFunc("GET /feed", feed)
	http.HandleFunc("GET /slug", slugs)
	http.HandleFunc("GET /sealed", func(w http.ResponseWriter, _ *http.Request) {
		for range 10 {
			fmt.Fprintln(w, sealed.Word("word"))
		}
	})
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintln(os.Stdout, "listening", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
