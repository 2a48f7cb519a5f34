package fixtures

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"sync"
)

type scratch struct{ body []byte }

var (
	scratches = sync.Pool{New: func() any { return new(scratch) }}
	slices    = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}
	buffers   = sync.Pool{New: func() any { return new(bytes.Buffer) }}
)

type order struct{ ID, Cents int64 }

func answer(w http.ResponseWriter, r *http.Request, orders []order) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	data, err := json.Marshal(orders)
	if err != nil {
		http.Error(w, "no orders", http.StatusInternalServerError)
		return
	}
	s.body = append(s.body[:0], data...) // want HW609
	w.Write(s.body)
}

func echo(w http.ResponseWriter, r *http.Request) {
	buf := slices.Get().(*[]byte)
	defer slices.Put(buf)
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20)) // want HW703
	if err != nil {
		return
	}
	*buf = append((*buf)[:0], body...) // want HW609
	w.Write(*buf)
}

func page(w http.ResponseWriter, r *http.Request) {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	data, err := os.ReadFile("page.html")
	if err != nil {
		http.NotFound(w, r)
		return
	}
	buf.Write(data) // want HW609
	buf.WriteTo(w)
}
