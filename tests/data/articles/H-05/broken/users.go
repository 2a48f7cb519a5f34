// Package users copies a body that was just allocated into a pooled buffer and writes that: not an
// object fewer than without the pool, and a quarter slower.
package users

import (
	"encoding/json"
	"net/http"
	"sync"
)

type scratch struct {
	body    []byte
	headers map[string]string
}

var scratches = sync.Pool{New: func() any {
	return &scratch{body: make([]byte, 0, 8192), headers: make(map[string]string, 8)}
}}

type user struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func list(users []user) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		s.body = s.body[:0]
		clear(s.headers)

		data, err := json.Marshal(users)
		if err != nil {
			http.Error(w, "no users", http.StatusInternalServerError)
			return
		}
		s.body = append(s.body, data...) // want HW609
		s.headers["Content-Type"] = "application/json"
		for name, value := range s.headers {
			w.Header().Set(name, value)
		}
		w.Write(s.body)
	}
}
