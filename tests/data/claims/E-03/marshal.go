// A pooled buffer and a copy out are said to beat Marshal: they cost more.
package claims

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
