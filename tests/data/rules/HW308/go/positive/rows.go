package fixtures

import (
	"encoding/csv"
	"io"
	"strconv"
)

func total(r io.Reader) (sum float64, err error) {
	reader := csv.NewReader(r)
	reader.Comma = ';'
	header, err := reader.Read()
	if err != nil || len(header) < 4 {
		return 0, err
	}
	for {
		record, err := reader.Read() // want HW308
		if err == io.EOF {
			return sum, nil
		}
		if err != nil {
			return 0, err
		}
		price, err := strconv.ParseFloat(record[3], 64)
		if err != nil {
			return 0, err
		}
		sum += price
	}
}

type person struct{ name, mail string }

func parse(record []string) person {
	return person{name: record[0], mail: record[1]}
}

// The strings may be kept, the slice is not.
func people(r io.Reader) (found []person) {
	reader := csv.NewReader(r)
rows:
	for {
		record, err := reader.Read() // want HW308
		switch {
		case err != nil:
			break rows
		case len(record) < 2:
			continue
		}
		found = append(found, parse(record))
	}
	return found
}
