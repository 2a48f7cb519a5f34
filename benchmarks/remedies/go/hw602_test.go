package remedies

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"
)

type hw602Reply struct {
	ID    int      `json:"id"`
	Name  string   `json:"name"`
	Email string   `json:"email"`
	Tags  []string `json:"tags"`
}

var hw602Out []byte

// what: copy 64 B through a pooled slice (pointer: a pooled pointer to one; json: encode a small struct)
func BenchmarkHW602(b *testing.B) {
	data := bytes.Repeat([]byte("abcd"), 16)
	values := sync.Pool{New: func() any { return make([]byte, 0, 4096) }}
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf := values.Get().([]byte)
			buf = append(buf[:0], data...)
			hw602Out = append([]byte(nil), buf...)
			values.Put(buf)
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hw602Out = append([]byte(nil), data...)
		}
	})
	pointers := sync.Pool{New: func() any { buf := make([]byte, 0, 4096); return &buf }}
	b.Run("pointer/before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf := pointers.Get().(*[]byte)
			*buf = append((*buf)[:0], data...)
			hw602Out = append([]byte(nil), *buf...)
			pointers.Put(buf)
		}
	})
	b.Run("pointer/after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hw602Out = append([]byte(nil), data...)
		}
	})
	reply := hw602Reply{17, "a name", "name@example.org", []string{"one", "two"}}
	buffers := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	b.Run("json/before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf := buffers.Get().(*bytes.Buffer)
			buf.Reset()
			encoder := json.NewEncoder(buf)
			encoder.SetEscapeHTML(false)
			_ = encoder.Encode(&reply)
			hw602Out = append([]byte(nil), buf.Bytes()...)
			buffers.Put(buf)
		}
	})
	b.Run("json/after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hw602Out, _ = json.Marshal(&reply)
		}
	})
}
