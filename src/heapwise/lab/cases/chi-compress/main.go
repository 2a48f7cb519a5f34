// A small feature-flag service: POST /api/v1/evaluate answers which variant of a flag an entity
// gets. It stands in for the service of the article, with the same router, the same compression
// middleware and the same debug endpoint; the defect is in the middleware's version (go.mod).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on; port 0 picks a free one")
	compress := flag.Bool("compress", true, "compress the answers of the API")
	flag.Parse()

	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	if err := serve(listener, newHandler(*compress)); err != nil {
		log.Fatal(err)
	}
}

// serve answers until the process is told to stop, then lets the requests in flight finish.
func serve(listener net.Listener, handler http.Handler) error {
	told, forget := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer forget()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-told.Done():
	}
	patience, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(patience); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close()
}
