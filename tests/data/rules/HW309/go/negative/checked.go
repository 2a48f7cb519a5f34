package fixtures

import (
	"encoding/json"
	"net/http"
)

func respond(w http.ResponseWriter, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Write(data)
}

func decode(data []byte, into any) error {
	return json.Unmarshal(data, into)
}
