// Command fixed loads a CSV file in batches of 1,000 rows until the reader says that it has ended,
// and the last batch however long it is. It prints how many rows were loaded.
package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"log"
	"os"
)

const full = 1_000

type row struct{ fields []string }

func load(file io.Reader, insert func([]row)) error {
	reader := csv.NewReader(file)
	batch := make([]row, 0, full)
	for {
		record, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		batch = append(batch, row{record})
		if len(batch) == full {
			insert(batch)
			batch = batch[:0]
		}
	}
	if len(batch) > 0 {
		insert(batch)
	}
	return nil
}

func main() {
	loaded := 0
	if err := load(os.Stdin, func(batch []row) { loaded += len(batch) }); err != nil {
		log.Fatal(err)
	}
	fmt.Println(loaded)
}
