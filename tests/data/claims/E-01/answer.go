// An Encoder per answer is said to be the largest source: encoders are pooled inside.
package claims

import (
	"encoding/json"
	"net/http"
)

type user struct{ Name string }

func answer(w http.ResponseWriter, r *http.Request) {
	if err := json.NewEncoder(w).Encode(&user{"Ada"}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
