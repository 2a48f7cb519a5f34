package fixtures

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
)

func create(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body) // want HW703
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Write(body)
}

func payload(w http.ResponseWriter, request *http.Request, into any) error {
	data, err := io.ReadAll(io.LimitReader(request.Body, 1<<20)) // want HW703
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

func limited(next func([]byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20)) // want HW703
		if err == nil {
			next(data)
		}
	}
}

func main() {
	log.Fatal(http.ListenAndServe(":5001", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body) // want HW703
		if err == nil {
			w.Write(body)
		}
	})))
}
