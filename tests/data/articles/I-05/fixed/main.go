// Command fixed loads a CSV file by COPY, row by row from the reader to the table, and compares the
// number of rows that went in with what the database says. It prints how many are in the table.
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

var columns = []string{"id", "cents"}

// records gives the rows of a CSV file to COPY.
type records struct {
	reader *csv.Reader
	record []string
	read   int64
	err    error
}

func (r *records) Next() bool {
	r.record, r.err = r.reader.Read()
	if r.err != nil {
		return false
	}
	r.read++
	return true
}

func (r *records) Values() ([]any, error) { return []any{r.record[0], r.record[1]}, nil }

func (r *records) Err() error {
	if r.err == io.EOF {
		return nil
	}
	return r.err
}

func load(ctx context.Context, file io.Reader, conn *pgx.Conn) error {
	source := &records{reader: csv.NewReader(file)}
	loaded, err := conn.CopyFrom(ctx, pgx.Identifier{"orders"}, columns, source)
	if err != nil {
		return err
	}
	if loaded != source.read {
		return fmt.Errorf("%d rows read, %d loaded", source.read, loaded)
	}
	return nil
}

func main() {
	var loaded atomic.Int64
	if err := load(context.Background(), os.Stdin, pgx.Connect(&loaded)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(loaded.Load())
}
