package fixtures

import "encoding/json"

type message struct {
	ID   string
	Size int64
}

func consume(data []byte) (string, error) {
	var got message
	err := json.Unmarshal(data, &got)
	return got.ID, err
}

func decode(data []byte, into any) error { return json.Unmarshal(data, into) }
