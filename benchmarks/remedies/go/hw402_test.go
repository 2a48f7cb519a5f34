package remedies

import (
	"fmt"
	"strconv"
	"testing"
)

var (
	text402   string
	number402 = 12345
	word402   = "a word that is no constant"
	truth402  = true
)

// what: turn the number 12345 into text
func BenchmarkHW402(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text402 = fmt.Sprintf("%d", number402)
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text402 = strconv.Itoa(number402)
		}
	})
	b.Run("string/before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text402 = fmt.Sprintf("%s", word402)
		}
	})
	b.Run("string/after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text402 = word402
		}
	})
	b.Run("bool/before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text402 = fmt.Sprintf("%t", truth402)
		}
	})
	b.Run("bool/after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text402 = strconv.FormatBool(truth402)
		}
	})
}
