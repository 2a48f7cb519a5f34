package remedies

import (
	"slices"
	"testing"
)

type account501 struct {
	id    int
	name  string
	email string
}

var (
	accounts501 = make([]account501, 1000)
	ids501      []int
	index502    map[int]string
)

func init() {
	for i := range accounts501 {
		accounts501[i].id = i + 1000
	}
}

// what: collect 1,000 numbers in a slice
func BenchmarkHW501(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			found := []int{}
			for _, each := range accounts501 {
				found = append(found, each.id)
			}
			ids501 = found
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			found := make([]int, 0, len(accounts501))
			for _, each := range accounts501 {
				found = append(found, each.id)
			}
			ids501 = found
		}
	})
	b.Run("grow/before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var found []int
			for _, each := range accounts501 {
				found = append(found, each.id)
			}
			ids501 = found
		}
	})
	b.Run("grow/after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var found []int
			found = slices.Grow(found, len(accounts501))
			for _, each := range accounts501 {
				found = append(found, each.id)
			}
			ids501 = found
		}
	})
}
