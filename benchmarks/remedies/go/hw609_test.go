package remedies

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
)

type hw609User struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

type hw609Scratch struct {
	body    []byte
	headers map[string]string
}

// what: answer a struct of 60 bytes as JSON by way of a pooled buffer and map of headers
func BenchmarkHW609(b *testing.B) {
	user := hw609User{17, "a name", "name@example.org"}
	scratches := sync.Pool{New: func() any {
		return &hw609Scratch{make([]byte, 0, 8192), make(map[string]string, 8)}
	}}
	header := http.Header{}
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			scratch := scratches.Get().(*hw609Scratch)
			clear(scratch.headers)
			data, _ := json.Marshal(&user)
			scratch.body = append(scratch.body[:0], data...)
			scratch.headers["Content-Type"] = "application/json"
			for name, value := range scratch.headers {
				header[name] = append(header[name][:0], value)
			}
			io.Discard.Write(scratch.body)
			scratches.Put(scratch)
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			data, _ := json.Marshal(&user)
			header["Content-Type"] = append(header["Content-Type"][:0], "application/json")
			io.Discard.Write(data)
		}
	})
}
