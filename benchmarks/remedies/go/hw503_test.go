package remedies

import "testing"

type reading503 struct {
	sensor string
	at     int64
	value  float64
}

var sum503 float64

// what: build 1,000 small structs and add up a field
func BenchmarkHW503(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			readings := make([]*reading503, 0, len(accounts501))
			for _, each := range accounts501 {
				readings = append(readings, &reading503{each.name, int64(each.id), 1})
			}
			for _, each := range readings {
				sum503 += each.value
			}
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			readings := make([]reading503, 0, len(accounts501))
			for _, each := range accounts501 {
				readings = append(readings, reading503{each.name, int64(each.id), 1})
			}
			for _, each := range readings {
				sum503 += each.value
			}
		}
	})
}
