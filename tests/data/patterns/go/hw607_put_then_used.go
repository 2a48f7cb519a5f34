package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

func init() { register("HW607", pageFromPool, pageCopied) }

var pagePool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func renderPooled(title string) []byte {
	buf := pagePool.Get().(*bytes.Buffer)
	defer pagePool.Put(buf)
	buf.Reset()
	buf.WriteString(strings.Repeat(title, 10_000))
	return buf.Bytes()
}

func pageFromPool(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, len(renderPooled(r.URL.Path[:6])))
}

func renderTo(buf *bytes.Buffer, title string) {
	buf.WriteString(strings.Repeat(title, 10_000))
}

func pageCopied(w http.ResponseWriter, r *http.Request) {
	buf := pagePool.Get().(*bytes.Buffer)
	defer pagePool.Put(buf)
	buf.Reset()
	renderTo(buf, r.URL.Path[:6])
	fmt.Fprintln(w, buf.Len())
}
