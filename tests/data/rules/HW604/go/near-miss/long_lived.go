package fixtures

import (
	"bytes"
	"net/http"
	"sync"
)

type server struct{ buffers *sync.Pool }

// A constructor makes one for the life of what it returns.
func newServer() *server {
	return &server{buffers: &sync.Pool{New: func() any { return new(bytes.Buffer) }}}
}

// So does a middleware: its handler is built once and asked often.
func logged(next http.Handler) http.Handler {
	pool := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		buf := pool.Get().(*bytes.Buffer)
		defer pool.Put(buf)
		buf.Reset()
		buf.WriteString(r.URL.Path)
		next.ServeHTTP(w, r)
	})
}

// One pool for the workers of one large job is asked many times.
func sum(jobs [][]int) int {
	pool := sync.Pool{New: func() any { return new([4096]int) }}
	var total sync.Map
	var all sync.WaitGroup
	for i, job := range jobs {
		all.Add(1)
		go func() {
			defer all.Done()
			scratch := pool.Get().(*[4096]int)
			defer pool.Put(scratch)
			total.Store(i, copy(scratch[:], job))
		}()
	}
	all.Wait()
	return len(jobs)
}

func init() {
	warm := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	warm.Put(warm.Get())
}
