package fixtures

import "encoding/json"

var header = []byte("v1 ")

func frame(payload []byte) []byte {
	out := make([]byte, 0, len(header)+len(payload))
	out = append(out, header...)
	return append(out, payload...)
}

func marshalJSON(v *struct{ Name string }) ([]byte, error) {
	return json.Marshal(v)
}
