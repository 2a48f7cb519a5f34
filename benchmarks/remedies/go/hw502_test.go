package remedies

import "testing"

// what: put 1,000 entries into a map
func BenchmarkHW502(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			found := make(map[int]string)
			for _, each := range accounts501 {
				found[each.id] = each.name
			}
			index502 = found
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			found := make(map[int]string, len(accounts501))
			for _, each := range accounts501 {
				found[each.id] = each.name
			}
			index502 = found
		}
	})
}
