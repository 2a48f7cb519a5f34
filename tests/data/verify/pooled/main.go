// The pooled request buffer of a well-known article beside what it replaces: an answer in JSON,
// marshalled, or encoded into a pooled buffer that is then copied out.
//
//	pooled -addr 127.0.0.1:8080 -variant pool
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	_ "net/http/pprof"
	"sync"
)

type user struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

type requestBuffer struct {
	buffer  *bytes.Buffer
	headers map[string]string
}

var buffers = sync.Pool{New: func() any {
	return &requestBuffer{bytes.NewBuffer(make([]byte, 0, 8192)), map[string]string{}}
}}

var users = func() []user {
	all := make([]user, 25)
	for i := range all {
		all[i] = user{i, "A. User", "a.user@example.com"}
	}
	return all
}()

func marshal() ([]byte, error) { return json.Marshal(users) }

// pool must copy: the buffer goes back before the answer is written.
func pool() ([]byte, error) {
	request := buffers.Get().(*requestBuffer)
	defer buffers.Put(request)
	request.buffer.Reset()
	clear(request.headers)
	if err := json.NewEncoder(request.buffer).Encode(users); err != nil {
		return nil, err
	}
	return append([]byte(nil), bytes.TrimSuffix(request.buffer.Bytes(), []byte("\n"))...), nil
}

func main() {
	address := flag.String("addr", "127.0.0.1:8080", "where to listen")
	variant := flag.String("variant", defaultVariant, "marshal or pool")
	flag.Parse()
	answer := marshal
	if *variant == "pool" {
		answer = pool
	}
	http.HandleFunc("/users", func(w http.ResponseWriter, _ *http.Request) {
		body, err := answer()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	})
	log.Fatal(http.ListenAndServe(*address, nil))
}
