package fixtures

import (
	"net/http"
	"strconv"
	"sync"
)

var bufPool = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

func page(w http.ResponseWriter, r *http.Request) {
	buf := bufPool.Get().(*[]byte)
	defer bufPool.Put(buf)
	*buf = strconv.AppendInt((*buf)[:0], r.ContentLength, 10)
	w.Write(*buf)
}
