package remedies

import (
	"sync"
	"testing"
)

var hw604Read int

// what: use 64 KB of scratch memory from a pool for one short copy
func BenchmarkHW604(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			pool := sync.Pool{New: func() any { return new([64 << 10]byte) }}
			scratch := pool.Get().(*[64 << 10]byte)
			hw604Read += copy(scratch[:], "hello")
			pool.Put(scratch)
		}
	})
	pool := sync.Pool{New: func() any { return new([64 << 10]byte) }}
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			scratch := pool.Get().(*[64 << 10]byte)
			hw604Read += copy(scratch[:], "hello")
			pool.Put(scratch)
		}
	})
}
