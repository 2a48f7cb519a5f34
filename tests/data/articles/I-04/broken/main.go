// Command broken loads a CSV file in batches of 1,000 rows, as many times as rows were expected, and
// looks at no error of the reader: of a longer file the end is missing, and behind the end of a
// shorter one it goes on with records that are none. A last batch that is not full is lost. It
// prints how many rows were loaded.
package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
)

const (
	expected = 10_000
	full     = 1_000
)

type row struct{ fields []string }

func load(file io.Reader, insert func([]row)) {
	reader := csv.NewReader(file)
	batch := make([]row, 0, full)
	for i := 0; i < expected; i++ {
		record, _ := reader.Read() // want HW811
		batch = append(batch, row{record})
		if len(batch) == full { // want HW809
			insert(batch)
			batch = batch[:0]
		}
	}
}

func main() {
	loaded := 0
	load(os.Stdin, func(batch []row) { loaded += len(batch) })
	fmt.Println(loaded)
}
