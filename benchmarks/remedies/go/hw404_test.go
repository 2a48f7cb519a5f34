package remedies

import (
	"fmt"
	"strconv"
	"testing"
)

var (
	text404            string
	tenant404, kind404 = "tenant", "order"
	id404, count404    = "4711", 4711
)

// what: join three strings with colons
func BenchmarkHW404(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text404 = fmt.Sprintf("%s:%s:%s", tenant404, kind404, id404)
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text404 = tenant404 + ":" + kind404 + ":" + id404
		}
	})
	b.Run("number/before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text404 = fmt.Sprintf("%s:%d", tenant404, count404)
		}
	})
	b.Run("number/after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text404 = tenant404 + ":" + strconv.Itoa(count404)
		}
	})
}
