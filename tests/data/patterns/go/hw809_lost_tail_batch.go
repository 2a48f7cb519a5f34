package main

import (
	"fmt"
	"net/http"
	"strings"
)

func init() { register("HW809", rowsWithoutRest, rowsWithRest) }

// A multiple of the batch's length: both answers are equal.
const tailRows = 200

func handOn(rows []string) (size int) {
	for _, row := range rows {
		size += len(row)
	}
	return size
}

func rowsWithoutRest(w http.ResponseWriter, r *http.Request) {
	total := 0
	batch := make([]string, 0, 50)
	for range tailRows {
		batch = append(batch, strings.Repeat(r.URL.Path, 50))
		if len(batch) == 50 {
			total += handOn(batch)
			batch = batch[:0]
		}
	}
	fmt.Fprintln(w, total)
}

func rowsWithRest(w http.ResponseWriter, r *http.Request) {
	total := 0
	batch := make([]string, 0, 50)
	for range tailRows {
		batch = append(batch, strings.Repeat(r.URL.Path, 50))
		if len(batch) == 50 {
			total += handOn(batch)
			batch = batch[:0]
		}
	}
	if len(batch) > 0 {
		total += handOn(batch)
	}
	fmt.Fprintln(w, total)
}
