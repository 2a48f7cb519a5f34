// Making another one for large bodies is said to be right: the one from the pool is lost.
package claims

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
