// Package users writes what Marshal returned.
package users

import (
	"encoding/json"
	"net/http"
)

type user struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func list(users []user) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := json.Marshal(users)
		if err != nil {
			http.Error(w, "no users", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(data)
	}
}
