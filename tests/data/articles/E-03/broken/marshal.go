// Package marshal encodes into a pooled buffer and copies out of it. Marshal has a pool of its own
// inside and copies once: 64 B and one object in place of 208 B and 2.
package marshal

import (
	"bytes"
	"encoding/json"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func marshal(v any) ([]byte, error) {
	buf := buffers.Get().(*bytes.Buffer) // want HW602
	buf.Reset()
	defer buffers.Put(buf)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return append([]byte(nil), buf.Bytes()...), nil
}
