// A pooled buffer and a copy of it are said to beat a buffer: they cost both.
package claims

import "sync"

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

func process(parts [][]byte) []byte {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	*buf = (*buf)[:0]
	for _, part := range parts {
		*buf = append(*buf, part...)
	}
	result := make([]byte, len(*buf))
	copy(result, *buf) // want HW602
	return result
}
