// Package process appends to a pooled buffer and returns a copy of it. The copy is the allocation
// that the pool was to save: a call costs 1,048 B and 2 objects in place of 1,024 B and one.
package process

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
