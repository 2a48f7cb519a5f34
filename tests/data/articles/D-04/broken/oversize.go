// Package oversize makes another buffer where the pooled one is too small, and puts neither back:
// each large call loses what it took, and costs 5,144 B in 3 objects.
package oversize

import "sync"

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

func measure(data string) int {
	buf := buffers.Get().(*[]byte)
	if len(data) > cap(*buf) { // want HW603
		large := make([]byte, 0, len(data))
		large = append(large, data...)
		return len(large)
	}
	*buf = append((*buf)[:0], data...)
	n := len(*buf)
	buffers.Put(buf)
	return n
}
