package fixtures

import (
	"net/http"
	"sync"
)

type limiter struct{ left int }

var (
	mu       sync.Mutex
	limiters = map[string]*limiter{}
	pages    sync.Map
)

func limit(w http.ResponseWriter, r *http.Request) {
	mu.Lock()
	defer mu.Unlock()
	one := limiters[r.RemoteAddr]
	if one == nil {
		one = &limiter{100}
		limiters[r.RemoteAddr] = one // want HW504
	}
	one.left--
}

func page(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query().Get("q")
	if kept, ok := pages.Load(query); ok {
		w.Write(kept.([]byte))
		return
	}
	body := []byte("result of " + query)
	pages.Store(query, body) // want HW504
	w.Write(body)
}

type server struct {
	mu   sync.Mutex
	hits map[string]int
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.count(r.URL.Path)
}

func (s *server) count(path string) {
	s.mu.Lock()
	s.hits[path]++ // want HW504
	s.mu.Unlock()
}
