package remedies

import (
	"strings"
	"sync"
	"testing"
)

var hw608Key string

// what: build a key of two parts, 50 B
func BenchmarkHW608(b *testing.B) {
	prefix, id := "a prefix of the service:", "and the path of the request"
	builders := sync.Pool{New: func() any { return new(strings.Builder) }}
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sb := builders.Get().(*strings.Builder)
			sb.Reset()
			sb.WriteString(prefix)
			sb.WriteString(id)
			hw608Key = sb.String()
			builders.Put(sb)
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var sb strings.Builder
			sb.Grow(len(prefix) + len(id))
			sb.WriteString(prefix)
			sb.WriteString(id)
			hw608Key = sb.String()
		}
	})
}
