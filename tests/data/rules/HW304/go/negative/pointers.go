package fixtures

import (
	"encoding/json"
	"net/http"
)

type order struct {
	ID    int64
	Name  string
	Total float64
}

func send(o *order) ([]byte, error) { return json.Marshal(o) }

func sendLocal(o order) ([]byte, error) { return json.Marshal(&o) }

// An encoder that writes straight into the response needs no help.
func show(w http.ResponseWriter, o order) error { return json.NewEncoder(w).Encode(o) }
