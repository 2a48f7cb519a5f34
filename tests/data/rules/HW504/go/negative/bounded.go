package fixtures

import (
	"net/http"
	"sync"
)

var (
	mu    sync.Mutex
	pages = map[string][]byte{}
	bytes int
)

const maxBytes = 64 << 20

func page(w http.ResponseWriter, r *http.Request) {
	mu.Lock()
	defer mu.Unlock()
	body, ok := pages[r.URL.Path]
	if !ok {
		body = []byte("page " + r.URL.Path)
		for path, old := range pages {
			if bytes+len(body) <= maxBytes {
				break
			}
			bytes -= len(old)
			delete(pages, path)
		}
		pages[r.URL.Path] = body
		bytes += len(body)
	}
	w.Write(body)
}
