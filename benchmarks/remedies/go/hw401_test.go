package remedies

import (
	"regexp"
	"testing"
)

var matched bool

// what: match a short name against a simple pattern
func BenchmarkHW401(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			matched = regexp.MustCompile(`^[a-z][a-z0-9-]{2,30}$`).MatchString("user-17")
		}
	})
	once := regexp.MustCompile(`^[a-z][a-z0-9-]{2,30}$`)
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			matched = once.MatchString("user-17")
		}
	})
}
