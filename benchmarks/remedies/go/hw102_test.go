package remedies

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"
	"testing"
)

// what: decompress a message of 160 bytes with gzip
func BenchmarkHW102(b *testing.B) {
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	zw.Write([]byte(jsonMessage))
	zw.Close()
	into := make([]byte, 1024)
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			zr, err := gzip.NewReader(bytes.NewReader(packed.Bytes()))
			if err != nil {
				b.Fatal(err)
			}
			readUpTo(zr, into)
			zr.Close()
		}
	})
	readers := sync.Pool{New: func() any { return new(gzip.Reader) }}
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			zr := readers.Get().(*gzip.Reader)
			if err := zr.Reset(bytes.NewReader(packed.Bytes())); err != nil {
				b.Fatal(err)
			}
			readUpTo(zr, into)
			zr.Close()
			readers.Put(zr)
		}
	})
}

// readUpTo reads a stream to its end, or as far as there is room.
func readUpTo(r io.Reader, into []byte) (n int) {
	for n < len(into) {
		got, err := r.Read(into[n:])
		n += got
		if err != nil {
			break
		}
	}
	return n
}
