package remedies

import (
	"testing"
	"time"
)

var hw704Sum int

// what: receive one message with a timeout, in a loop
func BenchmarkHW704(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		in := make(chan int, 1)
		for b.Loop() {
			in <- 1
			select {
			case n := <-in:
				hw704Sum += n
			case <-time.After(time.Minute):
				b.Fatal("idle")
			}
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		in := make(chan int, 1)
		idle := time.NewTimer(time.Minute)
		defer idle.Stop()
		for b.Loop() {
			in <- 1
			select {
			case n := <-in:
				hw704Sum += n
				idle.Reset(time.Minute)
			case <-idle.C:
				b.Fatal("idle")
			}
		}
	})
}
