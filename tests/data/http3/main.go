// Http3 answers requests over QUIC after a while and prints one line of JSON for each, as the
// witness beside it does for the versions before.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

type key struct{}

type seen struct {
	Protocol   string `json:"protocol"`
	Connection int64  `json:"connection"`
	Method     string `json:"method"`
	Path       string `json:"path"`
	Body       string `json:"body"`
}

func main() {
	certificate := flag.String("cert", "", "certificate")
	private := flag.String("key", "", "its key")
	delay := flag.Duration("delay", 0, "before each answer")
	flag.Parse()

	var connections atomic.Int64
	var printing sync.Mutex
	lines := json.NewEncoder(os.Stdout)

	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		panic(err)
	}
	fmt.Println(socket.LocalAddr())
	server := &http3.Server{
		ConnContext: func(ctx context.Context, _ *quic.Conn) context.Context {
			return context.WithValue(ctx, key{}, connections.Add(1))
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			time.Sleep(*delay)
			printing.Lock()
			defer printing.Unlock()
			lines.Encode(seen{
				r.Proto, r.Context().Value(key{}).(int64), r.Method, r.URL.Path, string(body),
			})
			fmt.Fprint(w, "ok")
		}),
	}
	pair, err := tls.LoadX509KeyPair(*certificate, *private)
	if err != nil {
		panic(err)
	}
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	panic(server.Serve(socket))
}
