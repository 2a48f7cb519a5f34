package remedies

import (
	"encoding/json"
	"testing"
)

var decodedID string

// what: unmarshal a message of 160 bytes with two nested objects
func BenchmarkHW302(b *testing.B) {
	data := []byte(jsonMessage)
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var message map[string]any
			if err := json.Unmarshal(data, &message); err != nil {
				b.Fatal(err)
			}
			decodedID = message["id"].(string)
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var message jsonClick
			if err := json.Unmarshal(data, &message); err != nil {
				b.Fatal(err)
			}
			decodedID = message.ID
		}
	})
}

type jsonClick struct {
	ID   string `json:"id"`
	Time string `json:"time"`
	Kind string `json:"kind"`
	Data struct {
		Page, Button string
		X, Y         int
	} `json:"data"`
	Meta struct{ Agent, Lang string } `json:"meta"`
}
