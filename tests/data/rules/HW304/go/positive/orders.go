package fixtures

import (
	"encoding/json"
	"time"
)

type order struct {
	ID    int64
	Name  string
	Total float64
	At    time.Time
	Lines []line
	notes any
}

type line struct{ Product *product }

type product struct{ Name string }

func send(o order) ([]byte, error) {
	return json.Marshal(o) // want HW304
}

func sendPointed(o *order) ([]byte, error) {
	return json.MarshalIndent(*o, "", "  ") // want HW304
}

func sendNew(id int64, name string) ([]byte, error) {
	return json.Marshal(order{ID: id, Name: name}) // want HW304
}

func sendLocal(id int64) []byte {
	o := order{ID: id}
	o.Total = 12.5
	data, err := json.Marshal(o) // want HW304
	if err != nil {
		return nil
	}
	return data
}

type shop struct {
	last   order
	orders []order
}

func (s *shop) sendField() ([]byte, error) {
	return json.Marshal(s.last) // want HW304
}

func (s *shop) sendEach(write func([]byte)) {
	for _, each := range s.orders {
		if data, err := json.Marshal(each); err == nil { // want HW304
			write(data)
		}
	}
}
