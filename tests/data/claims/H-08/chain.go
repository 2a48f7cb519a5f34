// Middleware is said to allocate at each wrap: it is wrapped once.
package claims

import "net/http"

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
	})
}

func handler(mux *http.ServeMux) http.Handler { return logged(logged(mux)) }
