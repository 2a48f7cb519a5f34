package remedies

import (
	"compress/gzip"
	"io"
	"sync"
	"testing"
)

// what: compress a message of 160 bytes with gzip
func BenchmarkHW101(b *testing.B) {
	body := []byte(jsonMessage)
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			zw := gzip.NewWriter(io.Discard)
			zw.Write(body)
			zw.Close()
		}
	})
	writers := sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			zw := writers.Get().(*gzip.Writer)
			zw.Reset(io.Discard)
			zw.Write(body)
			zw.Close()
			zw.Reset(io.Discard)
			writers.Put(zw)
		}
	})
}
