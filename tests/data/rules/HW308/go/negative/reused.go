package fixtures

import (
	"encoding/csv"
	"io"
)

func count(r io.Reader) (rows int) {
	reader := csv.NewReader(r)
	reader.ReuseRecord = true
	for {
		record, err := reader.Read()
		if err != nil {
			return rows
		}
		if record[0] != "" {
			rows++
		}
	}
}
