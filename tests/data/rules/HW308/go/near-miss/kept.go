package fixtures

import (
	"encoding/csv"
	"io"
)

// The record itself is kept.
func all(r io.Reader) (rows [][]string) {
	reader := csv.NewReader(r)
	for {
		record, err := reader.Read()
		if err != nil {
			return rows
		}
		rows = append(rows, record)
	}
}

func send(r io.Reader, to chan<- []string) {
	reader := csv.NewReader(r)
	for {
		record, err := reader.Read()
		if err != nil {
			return
		}
		to <- record
	}
}

func tails(r io.Reader) (found [][]string) {
	reader := csv.NewReader(r)
	for {
		record, err := reader.Read()
		if err != nil {
			return found
		}
		found = append(found, record[1:])
	}
}

var last []string

func keep(record []string) { last = record }

func remember(r io.Reader, handle func([]string)) {
	reader := csv.NewReader(r)
	for {
		record, err := reader.Read()
		if err != nil {
			return
		}
		keep(record)
	}
}

// Nobody can say what handle does.
func each(r io.Reader, handle func([]string)) {
	reader := csv.NewReader(r)
	for {
		record, err := reader.Read()
		if err != nil {
			return
		}
		handle(record)
	}
}

func beside(r io.Reader) {
	reader := csv.NewReader(r)
	for {
		record, err := reader.Read()
		if err != nil {
			return
		}
		go parse(record)
	}
}

func parse(record []string) string { return record[0] }

// One row.
func first(r io.Reader) string {
	reader := csv.NewReader(r)
	record, err := reader.Read()
	if err != nil {
		return ""
	}
	return record[0]
}
