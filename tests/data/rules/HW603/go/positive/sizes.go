package fixtures

import (
	"bytes"
	"io"
	"sync"
)

var bufPool = sync.Pool{New: func() any { b := make([]byte, 4096); return &b }}

func getBuffer(n int) []byte {
	buf := *bufPool.Get().(*[]byte)
	if cap(buf) < n { // want HW603
		return make([]byte, n)
	}
	return buf[:n]
}

func putBuffer(buf []byte) {
	if cap(buf) == 4096 {
		bufPool.Put(&buf)
	}
}

var scratch = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

func process(r io.Reader, n int) (int, error) {
	p := scratch.Get().(*[]byte)
	buf := *p
	if cap(buf) < n { // want HW603
		buf = make([]byte, n)
	} else {
		defer scratch.Put(p)
		buf = buf[:n]
	}
	return io.ReadFull(r, buf)
}

var pages sync.Pool

func page(r io.Reader, n int) (int64, error) {
	buf, ok := pages.Get().(*bytes.Buffer)
	if !ok || buf.Cap() < n { // want HW603
		buf = bytes.NewBuffer(make([]byte, 0, n))
	}
	defer func() {
		if buf.Cap() > 64<<10 {
			return
		}
		buf.Reset()
		pages.Put(buf)
	}()
	return buf.ReadFrom(r)
}
