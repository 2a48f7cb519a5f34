package fixtures

import (
	"encoding/json"
	"net/http"
)

type answer struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// A handler may well encode straight into its response.
func show(w http.ResponseWriter, r *http.Request) {
	json.NewEncoder(w).Encode(&answer{17, "Ada"})
}
