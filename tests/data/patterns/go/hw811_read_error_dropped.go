package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strings"
)

func init() { register("HW811", rowsCounted, rowsToTheEnd) }

// As many as the loop rounds: both answers are equal.
const csvRows = 1000

func rowsCounted(w http.ResponseWriter, r *http.Request) {
	reader := csv.NewReader(strings.NewReader(strings.Repeat("order,1200\n", csvRows)))
	reader.ReuseRecord = true
	fields := 0
	for i := 0; i < csvRows; i++ {
		record, _ := reader.Read()
		fields += len(record)
	}
	fmt.Fprintln(w, fields)
}

func rowsToTheEnd(w http.ResponseWriter, r *http.Request) {
	reader := csv.NewReader(strings.NewReader(strings.Repeat("order,1200\n", csvRows)))
	reader.ReuseRecord = true
	fields := 0
	for {
		record, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fields += len(record)
	}
	fmt.Fprintln(w, fields)
}
