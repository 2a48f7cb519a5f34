package fixtures

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
)

var (
	slices  = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}
	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
)

// A head and the bytes go out as one write.
func framed(w io.Writer, v any) error {
	buf := slices.Get().(*[]byte)
	defer slices.Put(buf)
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	*buf = append((*buf)[:0], byte(len(data)))
	*buf = append(*buf, data...)
	_, err = w.Write(*buf)
	return err
}

// The bytes are somebody else's, who goes on with them.
func queued(w io.Writer, data []byte) error {
	buf := slices.Get().(*[]byte)
	defer slices.Put(buf)
	*buf = append((*buf)[:0], data...)
	_, err := w.Write(*buf)
	return err
}

// What was made is needed as it was, beside what is changed.
func signed(w io.Writer, v any, sign func([]byte) []byte) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	buf.Write(data)
	buf.Write(sign(data))
	_, err = buf.WriteTo(w)
	return err
}

// It is indented on the way.
func indented(w io.Writer, v any) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := json.Indent(buf, data, "", "\t"); err != nil {
		return err
	}
	_, err = buf.WriteTo(w)
	return err
}
