package fixtures

import (
	"net/http"
	"reflect"
	"sync"
)

var (
	mu       sync.Mutex
	byMethod = map[string]int{}
	handlers = map[string]http.Handler{}
	current  = map[string]int{}
	small    = map[string]string{}
	fields   sync.Map
)

// There are few methods.
func count(w http.ResponseWriter, r *http.Request) {
	mu.Lock()
	byMethod[r.Method]++
	mu.Unlock()
}

// What a program registers itself has an end.
func register(path string, h http.Handler) { handlers[path] = h }

// So has what there is one of per type.
func fieldsOf(t reflect.Type) any {
	found, _ := fields.LoadOrStore(t, t.NumField())
	return found
}

// A new map takes its place every minute.
func recent(w http.ResponseWriter, r *http.Request) {
	mu.Lock()
	current[r.URL.Path]++
	mu.Unlock()
}

func rotate() {
	mu.Lock()
	current = map[string]int{}
	mu.Unlock()
}

// Its length is looked at.
func remember(w http.ResponseWriter, r *http.Request) {
	if len(small) < 1000 {
		small[r.URL.Path] = r.UserAgent()
	}
}

// A map of the request's own.
func parse(w http.ResponseWriter, r *http.Request) {
	seen := map[string]bool{}
	for key := range r.Header {
		seen[key] = true
	}
	seen[r.URL.Path] = true
}
