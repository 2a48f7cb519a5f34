package fixtures

import (
	"bytes"
	"net/http"
	"sync"
)

func page(w http.ResponseWriter, r *http.Request) {
	pool := sync.Pool{New: func() any { return make([]byte, 64<<10) }} // want HW604
	scratch := pool.Get().([]byte)
	w.Write(scratch[:copy(scratch, r.URL.Path)])
}

func routes(mux *http.ServeMux) {
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		pool := &sync.Pool{ // want HW604
			New: func() any { return new(bytes.Buffer) },
		}
		answer(w, pool)
	})
}

func answer(w http.ResponseWriter, pool *sync.Pool) {
	buf := pool.Get().(*bytes.Buffer)
	defer pool.Put(buf)
	buf.Reset()
	buf.WriteString("hello")
	buf.WriteTo(w)
}

func render(name string) int {
	var pool sync.Pool // want HW604
	buf, ok := pool.Get().(*bytes.Buffer)
	if !ok {
		buf = bytes.NewBuffer(make([]byte, 0, 4096))
	}
	buf.Reset()
	buf.WriteString(name)
	n := buf.Len()
	pool.Put(buf)
	return n
}
