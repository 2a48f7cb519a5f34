package remedies

import (
	"encoding/json"
	"testing"
)

// what: marshal a struct of four fields
func BenchmarkHW304(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			user := someUser
			jsonBytes, _ = json.Marshal(user)
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			user := someUser
			jsonBytes, _ = json.Marshal(&user)
		}
	})
	user := &someUser
	b.Run("dereferenced/before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			jsonBytes, _ = json.Marshal(*user)
		}
	})
	b.Run("dereferenced/after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			jsonBytes, _ = json.Marshal(user)
		}
	})
}
