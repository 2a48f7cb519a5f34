package remedies

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var idBytes int

// what: go through a file of 1,000 JSON records of 160 bytes
func BenchmarkHW307(b *testing.B) {
	name := filepath.Join(b.TempDir(), "records.json")
	records := "[" + strings.Repeat(jsonMessage+",", 999) + jsonMessage + "]"
	if err := os.WriteFile(name, []byte(records), 0o600); err != nil {
		b.Fatal(err)
	}
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			data, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			var clicks []jsonClick
			if err := json.Unmarshal(data, &clicks); err != nil {
				b.Fatal(err)
			}
			for i := range clicks {
				idBytes += len(clicks[i].ID)
			}
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := eachClick(name); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func eachClick(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		var click jsonClick
		if err := decoder.Decode(&click); err != nil {
			return err
		}
		idBytes += len(click.ID)
	}
	_, err = decoder.Token()
	return err
}
