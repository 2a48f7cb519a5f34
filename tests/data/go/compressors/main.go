// Command compressors serves one short page in four ways: with a compressor built for each
// response, with pooled ones, with a pool built for each request, and without compression.
// It prints its address and ends with its standard input.
package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strings"
	"sync"
)

var page = strings.Repeat("nothing worth a megabyte\n", 40)

var writers = newPool()

func newPool() *sync.Pool {
	return &sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}
}

func each(w http.ResponseWriter, _ *http.Request) {
	zw := gzip.NewWriter(w)
	defer zw.Close()
	io.WriteString(zw, page)
}

func pooled(w http.ResponseWriter, _ *http.Request) {
	writeFrom(writers, w)
}

func poolEach(w http.ResponseWriter, _ *http.Request) {
	writeFrom(newPool(), w)
}

func writeFrom(pool *sync.Pool, w http.ResponseWriter) {
	zw := pool.Get().(*gzip.Writer)
	zw.Reset(w)
	io.WriteString(zw, page)
	zw.Close()
	zw.Reset(io.Discard)
	pool.Put(zw)
}

func plain(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, page)
}

func main() {
	http.HandleFunc("/each", each)
	http.HandleFunc("/pooled", pooled)
	http.HandleFunc("/pool-each", poolEach)
	http.HandleFunc("/plain", plain)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	go http.Serve(listener, nil)
	io.Copy(io.Discard, os.Stdin)
}
