// Command fixed hands chunks of a CSV file to four workers with a connection each, and waits until
// all of them are done. It prints how many rows are in the table.
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
	"time"

	"articles/pgx"
)

const (
	full    = 1_000
	workers = 4
)

var columns = []string{"id", "cents"}

func load(ctx context.Context, file io.Reader, loaded *atomic.Int64) error {
	chunks := make(chan [][]any, 64)
	failures := make([]error, workers)
	var busy sync.WaitGroup
	for i := range workers {
		busy.Add(1)
		go func() {
			defer busy.Done()
			failures[i] = work(ctx, pgx.Connect(loaded), chunks)
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

// work loads chunks until there are no more. One that fails does not keep the others from being
// taken: whoever sends them would wait for ever.
func work(ctx context.Context, conn *pgx.Conn, chunks <-chan [][]any) (failed error) {
	for chunk := range chunks {
		time.Sleep(time.Millisecond) // a round trip to the database
		_, err := conn.CopyFrom(ctx, pgx.Identifier{"orders"}, columns, pgx.CopyFromRows(chunk))
		failed = errors.Join(failed, err)
	}
	return failed
}

func main() {
	var loaded atomic.Int64
	if err := load(context.Background(), os.Stdin, &loaded); err != nil {
		log.Fatal(err)
	}
	fmt.Println(loaded.Load())
}
