package main

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
)

func init() { register("HW101", compressPage, compressPagePooled) }

var compressedPage = strings.Repeat("a line of some page\n", 100)

func compressPage(w http.ResponseWriter, r *http.Request) {
	zw := gzip.NewWriter(w)
	defer zw.Close()
	io.WriteString(zw, compressedPage)
}

var pageWriters = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

func compressPagePooled(w http.ResponseWriter, r *http.Request) {
	zw := pageWriters.Get().(*gzip.Writer)
	zw.Reset(w)
	defer func() {
		zw.Close()
		zw.Reset(io.Discard)
		pageWriters.Put(zw)
	}()
	io.WriteString(zw, compressedPage)
}
