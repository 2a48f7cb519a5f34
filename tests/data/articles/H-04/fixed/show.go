// Package show looks at the error before the first byte is written.
package show

import (
	"encoding/json"
	"net/http"
)

func show(w http.ResponseWriter, r *http.Request, content any) {
	data, err := json.Marshal(content)
	if err != nil {
		http.Error(w, "no answer", http.StatusInternalServerError)
		return
	}
	w.Write(data)
}
