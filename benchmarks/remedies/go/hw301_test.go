package remedies

import (
	"encoding/json"
	"testing"
)

// jsonMessage is what the benchmarks about JSON and compression work on.
const jsonMessage = `{"id":"u-18273","time":"2026-11-21T10:00:00Z","kind":"click",` +
	`"data":{"page":"/index","button":"buy","x":120,"y":431},"meta":{"agent":"Mozilla","lang":"en"}}`

var jsonBytes []byte

type jsonUser struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Email  string `json:"email"`
	Active bool   `json:"active"`
}

// someUser is no constant for the compiler.
var someUser = jsonUser{18273, "Ada Lovelace", "ada@example.org", true}

// what: marshal an answer of four fields
func BenchmarkHW301(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			jsonBytes, _ = json.Marshal(map[string]any{
				"id": someUser.ID, "name": someUser.Name, "email": someUser.Email, "active": someUser.Active,
			})
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			jsonBytes, _ = json.Marshal(&jsonUser{someUser.ID, someUser.Name, someUser.Email, someUser.Active})
		}
	})
}
