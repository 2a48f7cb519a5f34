// Witness answers every request after a while and prints one line of JSON for each: which protocol,
// on which connection, in which TLS. It speaks HTTP/1.1 and HTTP/2, with TLS where it has a
// certificate and without where not.
package main

import (
	"context"
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
)

type key struct{}

type seen struct {
	Protocol   string `json:"protocol"`
	Connection int64  `json:"connection"`
	Method     string `json:"method"`
	Path       string `json:"path"`
	Body       string `json:"body"`
	Chunked    bool   `json:"chunked"`
}

func main() {
	certificate := flag.String("cert", "", "speak TLS by this certificate")
	private := flag.String("key", "", "its key")
	delay := flag.Duration("delay", 0, "before each answer")
	flag.Parse()

	var connections atomic.Int64
	var printing sync.Mutex
	lines := json.NewEncoder(os.Stdout)

	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{
		Protocols: protocols,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
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
				len(r.TransferEncoding) > 0,
			})
			fmt.Fprint(w, "ok")
		}),
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	if *certificate != "" {
		err = server.ServeTLS(listener, *certificate, *private)
	} else {
		err = server.Serve(listener)
	}
	panic(err)
}
