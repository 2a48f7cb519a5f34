package fixtures

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
)

var bufPool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// A copy is returned, and a string is one.
func render(v any) []byte {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf)
	buf.Reset()
	fmt.Fprint(buf, v)
	return bytes.Clone(buf.Bytes())
}

func text(v any) string {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf)
	buf.Reset()
	fmt.Fprint(buf, v)
	return buf.String()
}

// It goes back only where nothing is returned.
func fill(v any) (*bytes.Buffer, error) {
	buf := bufPool.Get().(*bytes.Buffer)
	buf.Reset()
	if v == nil {
		bufPool.Put(buf)
		return nil, errors.New("nothing to render")
	}
	fmt.Fprint(buf, v)
	return buf, nil
}

func fillOrNot(v any) (buf *bytes.Buffer, err error) {
	buf = bufPool.Get().(*bytes.Buffer)
	defer func() {
		if err != nil {
			bufPool.Put(buf)
		}
	}()
	buf.Reset()
	_, err = fmt.Fprint(buf, v)
	return buf, err
}

// The caller puts it back, by what it is given for that.
func open(v any) (*bytes.Buffer, func()) {
	buf := bufPool.Get().(*bytes.Buffer)
	buf.Reset()
	fmt.Fprint(buf, v)
	return buf, func() { bufPool.Put(buf) }
}

type point struct{ x, y int }

var pointPool = sync.Pool{New: func() any { return new(point) }}

// A struct is copied when it is returned.
func middle(a, b point) point {
	p := pointPool.Get().(*point)
	defer pointPool.Put(p)
	p.x, p.y = (a.x+b.x)/2, (a.y+b.y)/2
	return *p
}

// The name means another one after the Put.
func rounds(values []any) (sum int) {
	buf := bufPool.Get().(*bytes.Buffer)
	for _, value := range values {
		buf.Reset()
		fmt.Fprint(buf, value)
		sum += buf.Len()
	}
	bufPool.Put(buf)
	buf = nil
	return sum
}

var bytePool = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

func length(name string) int {
	b := *bytePool.Get().(*[]byte)
	b = append(b[:0], name...)
	bytePool.Put(&b)
	return len(b)
}
