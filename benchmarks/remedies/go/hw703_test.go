package remedies

import (
	"bytes"
	"io"
	"testing"
)

var bodyBytes []byte

// what: read a body of 64 KB
func BenchmarkHW703(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 64<<10)
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read, err := io.ReadAll(bytes.NewReader(body))
			if err != nil {
				b.Fatal(err)
			}
			bodyBytes = read
		}
	})
	length := int64(len(body))
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read := make([]byte, length)
			if _, err := io.ReadFull(bytes.NewReader(body), read); err != nil {
				b.Fatal(err)
			}
			bodyBytes = read
		}
	})
}
