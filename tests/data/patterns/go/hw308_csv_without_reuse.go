package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

func init() { register("HW308", sumRows, sumRowsReused) }

var priceRows = strings.Repeat("17,Ada Lovelace,ada@example.org,12.5\n", 2000)

func sumRows(w http.ResponseWriter, r *http.Request) {
	sum := 0.0
	reader := csv.NewReader(strings.NewReader(priceRows))
	for {
		record, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		price, _ := strconv.ParseFloat(record[3], 64)
		sum += price
	}
	fmt.Fprintln(w, sum)
}

func sumRowsReused(w http.ResponseWriter, r *http.Request) {
	sum := 0.0
	reader := csv.NewReader(strings.NewReader(priceRows))
	reader.ReuseRecord = true
	for {
		record, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		price, _ := strconv.ParseFloat(record[3], 64)
		sum += price
	}
	fmt.Fprintln(w, sum)
}
