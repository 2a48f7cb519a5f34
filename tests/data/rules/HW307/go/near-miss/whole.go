package fixtures

import (
	"bytes"
	"encoding/json"
	"os"
)

type order struct{ Price float64 }

// All of them are wanted.
func load(name string) ([]order, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var orders []order
	err = json.Unmarshal(data, &orders)
	return orders, err
}

// One object is no sequence of records.
type settings struct{ Names []string }

func names(name string) (found int, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	var s settings
	if err := json.Unmarshal(data, &s); err != nil {
		return 0, err
	}
	for range s.Names {
		found++
	}
	return found, nil
}

// The bytes are wanted too.
func sum(name string) (total float64, size int) {
	data, err := os.ReadFile(name)
	if err != nil {
		return 0, 0
	}
	var orders []order
	if err := json.Unmarshal(data, &orders); err != nil {
		return 0, 0
	}
	for _, each := range orders {
		total += each.Price
	}
	return total, bytes.Count(data, []byte("\n"))
}

// So is the order that comes first.
func first(name string) float64 {
	data, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	var orders []order
	if err := json.Unmarshal(data, &orders); err != nil || len(orders) == 0 {
		return 0
	}
	for i := range orders {
		if orders[i].Price > 0 {
			return orders[i].Price
		}
	}
	return orders[0].Price
}
