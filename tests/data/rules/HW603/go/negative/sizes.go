package fixtures

import (
	"io"
	"slices"
	"sync"
)

var bufPool = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

func process(r io.Reader, n int) (int, error) {
	buf := bufPool.Get().(*[]byte)
	*buf = slices.Grow((*buf)[:0], n)[:n]
	read, err := io.ReadFull(r, *buf)
	if cap(*buf) <= 64<<10 {
		bufPool.Put(buf)
	}
	return read, err
}
