package remedies

import (
	"strings"
	"testing"
)

var (
	head406, tail406 string
	address406       = "192.0.2.17:8080"
)

// what: the part of a short string before a colon
func BenchmarkHW406(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			head406 = strings.Split(address406, ":")[0]
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			head406, _, _ = strings.Cut(address406, ":")
		}
	})
	b.Run("pair/before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parts := strings.SplitN(address406, ":", 2)
			if len(parts) == 2 {
				head406, tail406 = parts[0], parts[1]
			}
		}
	})
	b.Run("pair/after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			before, after, found := strings.Cut(address406, ":")
			if found {
				head406, tail406 = before, after
			}
		}
	})
}
