package fixtures

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

var bufPool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func render(v any) []byte {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf)
	buf.Reset()
	fmt.Fprint(buf, v)
	return buf.Bytes() // want HW607
}

func trimmed(v any) ([]byte, error) {
	buf := bufPool.Get().(*bytes.Buffer)
	defer func() {
		buf.Reset()
		bufPool.Put(buf)
	}()
	if _, err := fmt.Fprintln(buf, v); err != nil {
		return nil, err
	}
	out := bytes.TrimSpace(buf.Bytes())
	return out, nil // want HW607
}

var bytePool = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

func greeting(name string) []byte {
	b := bytePool.Get().(*[]byte)
	*b = append((*b)[:0], "hello "...)
	*b = append(*b, name...)
	bytePool.Put(b)
	return *b // want HW607
}

func write(w io.Writer, name string) error {
	b := *bytePool.Get().(*[]byte)
	b = append(b[:0], name...)
	bytePool.Put(&b)
	_, err := w.Write(b) // want HW607
	return err
}
