package remedies

import (
	"runtime"
	"runtime/debug"
	"testing"
)

type leaf struct {
	next *leaf
	_    [56]byte
}

var (
	keep    *leaf
	garbage *leaf
)

// live makes a list of 16 MB, the worst there is for a collector.
func live() {
	keep = nil
	for range 16 << 20 / 64 {
		keep = &leaf{next: keep}
	}
}

// what: make 1 MB of garbage beside 16 MB that live
func BenchmarkHW805(b *testing.B) {
	churn := func(percent int, limit int64) func(b *testing.B) {
		return func(b *testing.B) {
			// On one thread marking cannot hide on a core that nobody else uses.
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			live()
			defer func() { keep = nil }()
			defer debug.SetGCPercent(debug.SetGCPercent(percent))
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
			b.ReportAllocs()
			for b.Loop() {
				for range 16_000 {
					garbage = new(leaf)
				}
			}
		}
	}
	const none = 1 << 60
	b.Run("before", churn(100, 24<<20))
	b.Run("after", churn(100, 64<<20))
	b.Run("lowered/before", churn(25, none))
	b.Run("lowered/after", churn(100, none))
}
