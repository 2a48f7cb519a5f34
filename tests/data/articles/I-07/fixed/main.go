// Command fixed loads a CSV file by four workers that read on until its end, are awaited, and say
// what went wrong. It prints how many rows are in the table.
package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"sync/atomic"

	"articles/pgx"
)

const (
	full    = 1_000
	workers = 4
)

var columns = []string{"id", "cents"}

func load(ctx context.Context, file io.Reader, loaded *atomic.Int64) error {
	chunks := make(chan [][]any, 8)
	failures := make([]error, workers)
	var busy sync.WaitGroup
	for i := range workers {
		busy.Add(1)
		go func() {
			defer busy.Done()
			conn := pgx.Connect(loaded)
			for chunk := range chunks {
				_, err := conn.CopyFrom(ctx, pgx.Identifier{"orders"}, columns, pgx.CopyFromRows(chunk))
				failures[i] = errors.Join(failures[i], err)
			}
		}()
	}
	err := split(file, chunks)
	close(chunks)
	busy.Wait()
	return errors.Join(append(failures, err)...)
}

func split(file io.Reader, chunks chan<- [][]any) error {
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
	return nil
}

func main() {
	var loaded atomic.Int64
	if err := load(context.Background(), os.Stdin, &loaded); err != nil {
		log.Fatal(err)
	}
	fmt.Println(loaded.Load())
}
