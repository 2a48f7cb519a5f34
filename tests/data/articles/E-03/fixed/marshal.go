// Package marshal leaves the buffer to encoding/json.
package marshal

import "encoding/json"

func marshal(v any) ([]byte, error) {
	return json.Marshal(v)
}
