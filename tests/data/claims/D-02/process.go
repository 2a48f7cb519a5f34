// A pooled buffer and a copy of it are said to beat a buffer: they cost both.
package claims

import "sync"

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

func process(data []byte) []byte {
	buf := buffers.Get().(*[]byte) // want HW602
	defer buffers.Put(buf)
	*buf = append((*buf)[:0], data...)
	result := make([]byte, len(*buf))
	copy(result, *buf)
	return result
}
