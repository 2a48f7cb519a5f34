// Package show drops the error of Marshal: what has no JSON becomes an empty answer with status 200.
package show

import (
	"encoding/json"
	"net/http"
)

func show(w http.ResponseWriter, r *http.Request, content any) {
	data, _ := json.Marshal(content) // want HW309
	w.Write(data)
}
