// Command broken loads a CSV file by COPY, 1,000 rows at a time. COPY is told no table, which is an
// error that nobody looks at, and a last batch that is not full is never sent: it ends as if all
// was well, and has loaded nothing. It prints how many rows are in the table.
package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log"
	"os"
	"sync/atomic"

	"articles/pgx"
)

const full = 1_000

var columns = []string{"id", "cents"}

func load(ctx context.Context, file io.Reader, conn *pgx.Conn) error {
	reader := csv.NewReader(file)
	reader.ReuseRecord = true
	batch := make([][]any, 0, full)
	for {
		record, err := reader.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		batch = append(batch, []any{record[0], record[1]})
		if len(batch) == full { // want HW809
			conn.CopyFrom(ctx, pgx.Identifier{}, columns, pgx.CopyFromRows(batch)) // want HW812
			batch = batch[:0]
		}
	}
}

func main() {
	var loaded atomic.Int64
	if err := load(context.Background(), os.Stdin, pgx.Connect(&loaded)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(loaded.Load())
}
