package remedies

import (
	"strings"
	"testing"
)

var (
	text403  string
	parts403 = strings.Fields(strings.Repeat("part ", 1000))
)

// what: put 1,000 short strings behind each other
func BenchmarkHW403(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text := ""
			for _, part := range parts403 {
				text += part + ","
			}
			text403 = text
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var text strings.Builder
			for _, part := range parts403 {
				text.WriteString(part)
				text.WriteString(",")
			}
			text403 = text.String()
		}
	})
}
