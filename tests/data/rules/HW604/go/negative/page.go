package fixtures

import (
	"net/http"
	"sync"
)

var scratchPool = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}

func page(w http.ResponseWriter, r *http.Request) {
	scratch := scratchPool.Get().(*[]byte)
	defer scratchPool.Put(scratch)
	w.Write((*scratch)[:copy(*scratch, r.URL.Path)])
}
