// Command broken hands chunks of a CSV file to four workers with a connection each, closes the
// channel and ends. What the workers still hold, or have not taken yet, is never loaded. It prints
// how many rows are in the table.
package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log"
	"os"
	"sync/atomic"
	"time"

	"articles/pgx"
)

const full = 1_000

var columns = []string{"id", "cents"}

func load(ctx context.Context, file io.Reader, loaded *atomic.Int64) error {
	chunks := make(chan [][]any, 64)
	for range 4 {
		go work(ctx, pgx.Connect(loaded), chunks) // want HW813
	}
	reader := csv.NewReader(file)
	reader.ReuseRecord = true
	chunk := make([][]any, 0, full)
	for {
		record, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		chunk = append(chunk, []any{record[0], record[1]})
		if len(chunk) == full {
			chunks <- chunk
			chunk = make([][]any, 0, full)
		}
	}
	if len(chunk) > 0 {
		chunks <- chunk
	}
	close(chunks)
	return nil
}

func work(ctx context.Context, conn *pgx.Conn, chunks <-chan [][]any) {
	for chunk := range chunks {
		time.Sleep(time.Millisecond) // a round trip to the database
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{"orders"}, columns, pgx.CopyFromRows(chunk)); err != nil {
			log.Print(err)
		}
	}
}

func main() {
	var loaded atomic.Int64
	if err := load(context.Background(), os.Stdin, &loaded); err != nil {
		log.Fatal(err)
	}
	fmt.Println(loaded.Load())
}
