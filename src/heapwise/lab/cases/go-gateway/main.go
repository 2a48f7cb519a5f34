// Command gateway answers GET /api/v1/teams/N with a summary of what another service knows of a
// team, as compressed JSON. Each flag puts right one thing that it does anew for every request. The
// other service is a child process: what it allocates is not the gateway's.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	call := flag.String("client", "each", "client of the other service: each call its own, shared, or kept")
	codec := flag.String("codec", "maps", "JSON is decoded into maps, or structs")
	writer := flag.String("writer", "each", "gzip writer: each response its own, or pooled")
	team := flag.Bool("team-service", false, "be the other service, until standard input ends")
	flag.Parse()
	if *team {
		serveTeams()
		return
	}
	url, err := startTeams()
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	stats := newCounter()
	g := &gateway{teams: url, call: calls[*call], summary: summaries[*codec], pack: packers[*writer]}
	if g.call == nil || g.summary == nil || g.pack == nil {
		log.Fatal("no such client, codec or writer")
	}
	http.HandleFunc("GET /api/v1/teams/{id}", stats.count(g.team))
	http.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(stats.read())
	})
	fmt.Printf("listening on http://%s\n", listener.Addr())
	if err := serve(listener); err != nil {
		log.Fatal(err)
	}
}

// serve answers until the process is told to stop, then lets the requests in flight finish.
func serve(listener net.Listener) error {
	told, forget := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer forget()
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second}
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
