package remedies

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"testing"
)

var csvTotal float64

// what: read 1,000 CSV rows of four fields and parse one of them
func BenchmarkHW308(b *testing.B) {
	rows := strings.Repeat("17,Ada Lovelace,ada@example.org,12.5\n", 1000)
	for _, side := range []struct {
		name  string
		reuse bool
	}{{"before", false}, {"after", true}} {
		b.Run(side.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				reader := csv.NewReader(strings.NewReader(rows))
				reader.ReuseRecord = side.reuse
				for {
					record, err := reader.Read()
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					price, _ := strconv.ParseFloat(record[3], 64)
					csvTotal += price
				}
			}
		})
	}
}
