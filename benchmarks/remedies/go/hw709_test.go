package remedies

import (
	"bytes"
	"hash/crc32"
	"io"
	"sync"
	"testing"
)

var blocks = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// what: pass 100 KB through a buffer of 256 KiB
func BenchmarkHW709(b *testing.B) {
	data := bytes.NewReader(make([]byte, 100_000))
	pass := func(buf []byte) {
		data.Seek(0, io.SeekStart)
		io.CopyBuffer(crc32.NewIEEE(), io.LimitReader(data, 100_000), buf)
	}
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			pass(make([]byte, 256<<10))
		}
	})
	pooled := func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf := blocks.Get().(*[256 << 10]byte)
			pass(buf[:])
			blocks.Put(buf)
		}
	}
	b.Run("after", pooled)
	b.Run("loop/before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for range 10 {
				pass(make([]byte, 256<<10))
			}
		}
	})
	b.Run("loop/after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf := make([]byte, 256<<10)
			for range 10 {
				pass(buf)
			}
		}
	})
}
