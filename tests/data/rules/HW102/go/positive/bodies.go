package fixtures

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

type event struct{ Name string }

func receive(w http.ResponseWriter, r *http.Request) {
	zr, err := gzip.NewReader(r.Body) // want HW102
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer zr.Close()
	var got event
	if err := json.NewDecoder(zr).Decode(&got); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func decompressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Encoding") == "gzip" {
			if body, err := gzip.NewReader(r.Body); err == nil { // want HW102
				r.Body = body
			}
		}
		next.ServeHTTP(w, r)
	})
}

func unpack(message []byte) ([]byte, error) {
	input := bytes.NewReader(message)
	zr, err := zlib.NewReader(input) // want HW102
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zr)
}

func inflate(messages <-chan io.Reader) (total int64) {
	for message := range messages {
		fr := flate.NewReader(message) // want HW102
		n, _ := io.Copy(io.Discard, fr)
		total += n
	}
	return total
}

func main() {
	for range 3 {
		zr, err := gzip.NewReader(strings.NewReader("x")) // want HW102
		if err == nil {
			zr.Close()
		}
	}
}
