// Command broken has all four faults of the article's parallel loader: the end of the file is not
// looked for, the chunk that is not full is never sent, nobody waits for the workers, and what COPY
// answers goes nowhere. It prints how many rows are in the table, which is never how many there are.
package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"articles/pgx"
)

const (
	expected = 10_000
	full     = 1_000
)

var columns = []string{"id", "cents"}

func load(ctx context.Context, file io.Reader, loaded *atomic.Int64) {
	chunks := make(chan [][]any, 8)
	for i := 0; i < 4; i++ {
		go func() { // want HW813
			conn := pgx.Connect(loaded)
			for chunk := range chunks {
				conn.CopyFrom(ctx, pgx.Identifier{"orders"}, columns, pgx.CopyFromRows(chunk)) // want HW812
			}
		}()
	}
	reader := csv.NewReader(file)
	reader.ReuseRecord = true
	chunk := make([][]any, 0, full)
	for i := 0; i < expected; i++ {
		record, _ := reader.Read() // want HW811
		chunk = append(chunk, fields(record))
		if len(chunk) >= full { // want HW809
			chunks <- chunk
			chunk = make([][]any, 0, full)
		}
	}
}

func fields(record []string) []any {
	values := make([]any, len(record))
	for i, each := range record {
		values[i] = each
	}
	return values
}

func main() {
	var loaded atomic.Int64
	load(context.Background(), os.Stdin, &loaded)
	fmt.Println(loaded.Load())
}
