package fixtures

import (
	"compress/gzip"
	"io"
	"net/http"
	"sync"
)

var readers = sync.Pool{New: func() any { return new(gzip.Reader) }}

func receive(w http.ResponseWriter, r *http.Request) {
	zr := readers.Get().(*gzip.Reader)
	defer readers.Put(zr)
	if err := zr.Reset(r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if _, err := io.Copy(io.Discard, zr); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}
