// A pooled buffer around the encoder is said to save allocations; what it gives is a length.
package claims

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
)

type user struct{ Name string }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func answer(w http.ResponseWriter, r *http.Request) {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer buffers.Put(buf)
	if err := json.NewEncoder(buf).Encode(&user{"Ada"}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Write(buf.Bytes())
}
