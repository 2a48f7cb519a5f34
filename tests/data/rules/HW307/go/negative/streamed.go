package fixtures

import (
	"encoding/json"
	"os"
)

type order struct{ Price float64 }

func total(name string) (sum float64, err error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	if _, err := decoder.Token(); err != nil {
		return 0, err
	}
	for decoder.More() {
		var each order
		if err := decoder.Decode(&each); err != nil {
			return 0, err
		}
		sum += each.Price
	}
	_, err = decoder.Token()
	return sum, err
}
