// Package oversize lets the pooled buffer grow in place and drops only what is far too large.
package oversize

import "sync"

const largest = 64 << 10

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

func measure(data string) int {
	buf := buffers.Get().(*[]byte)
	*buf = append((*buf)[:0], data...)
	n := len(*buf)
	if cap(*buf) <= largest {
		buffers.Put(buf)
	}
	return n
}
