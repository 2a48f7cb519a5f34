// Interning after decoding is said to save the strings: they are made already.
package claims

import "encoding/json"

type record struct{ Status string }

func decode(data []byte) (record, error) {
	var r record
	err := json.Unmarshal(data, &r)
	return r, err
}
