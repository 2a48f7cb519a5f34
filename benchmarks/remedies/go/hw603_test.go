package remedies

import (
	"slices"
	"sync"
	"testing"
)

var hw603Sum int

// what: use a buffer of 5,000 B where the pool holds buffers of 4,096 B
func BenchmarkHW603(b *testing.B) {
	n := 5000
	lost := sync.Pool{New: func() any { buf := make([]byte, 4096); return &buf }}
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf := *lost.Get().(*[]byte)
			if cap(buf) < n {
				buf = make([]byte, n)
			}
			hw603Sum += copy(buf[:n], "hello")
			if cap(buf) <= 4096 {
				lost.Put(&buf)
			}
		}
	})
	grown := sync.Pool{New: func() any { buf := make([]byte, 4096); return &buf }}
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf := grown.Get().(*[]byte)
			*buf = slices.Grow((*buf)[:0], n)[:n]
			hw603Sum += copy(*buf, "hello")
			if cap(*buf) <= 64<<10 {
				grown.Put(buf)
			}
		}
	})
}
