package fixtures

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

type order struct{ ID, Cents int64 }

func written(w http.ResponseWriter, r *http.Request, orders []order) {
	data, err := json.Marshal(orders)
	if err != nil {
		http.Error(w, "no orders", http.StatusInternalServerError)
		return
	}
	w.Write(data)
}

func encoded(w http.ResponseWriter, r *http.Request, orders []order) {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if err := json.NewEncoder(buf).Encode(orders); err != nil {
		http.Error(w, "no orders", http.StatusInternalServerError)
		return
	}
	w.Write(buf.Bytes())
}
