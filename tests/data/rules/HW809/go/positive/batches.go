package fixtures

import (
	"bufio"
	"encoding/csv"
	"io"
)

func load(lines *bufio.Scanner, insert func([]string) error) error {
	batch := make([]string, 0, 1000)
	for lines.Scan() {
		batch = append(batch, lines.Text())
		if len(batch) == 1000 { // want HW809
			if err := insert(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return lines.Err()
}

func chunks(r *csv.Reader, out chan<- [][]string) error {
	defer close(out)
	var chunk [][]string
	for {
		record, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		chunk = append(chunk, record)
		if len(chunk) >= 100_000 { // want HW809
			out <- chunk
			chunk = nil
		}
	}
}

// The worker's batch is another one, of the same name.
func shared(items []int, work chan []int, send func([]int)) {
	go func() {
		for batch := range work {
			send(batch)
		}
	}()
	var batch []int
	for _, item := range items {
		batch = append(batch, item)
		if len(batch) == 100 { // want HW809
			work <- batch
			batch = nil
		}
	}
}
