package remedies

import (
	"strconv"
	"sync"
	"testing"
)

var hw601Sum int

// what: format a number in a pooled buffer of 4 KB
func BenchmarkHW601(b *testing.B) {
	values := sync.Pool{New: func() any { return make([]byte, 0, 4096) }}
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf := values.Get().([]byte)
			buf = strconv.AppendInt(buf[:0], 1234567, 10)
			hw601Sum += len(buf)
			values.Put(buf)
		}
	})
	pointers := sync.Pool{New: func() any { buf := make([]byte, 0, 4096); return &buf }}
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf := pointers.Get().(*[]byte)
			*buf = strconv.AppendInt((*buf)[:0], 1234567, 10)
			hw601Sum += len(*buf)
			pointers.Put(buf)
		}
	})
}
