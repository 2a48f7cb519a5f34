package fixtures

import (
	"compress/gzip"
	"io"
	"net/http"
	"sync"
)

var writers = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

func page(w http.ResponseWriter, r *http.Request) {
	zw := writers.Get().(*gzip.Writer)
	zw.Reset(w)
	defer func() {
		zw.Close()
		zw.Reset(io.Discard)
		writers.Put(zw)
	}()
	io.WriteString(zw, "hello")
}
