package fixtures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

var bufPool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// WriteTo takes everything out of the buffer.
func drain(w io.Writer, id int) error {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf)
	fmt.Fprintf(buf, "id=%d", id)
	_, err := buf.WriteTo(w)
	return err
}

// Reset just before Put, in a helper, or by the length that is used.
func before(w io.Writer, id int) {
	buf := bufPool.Get().(*bytes.Buffer)
	fmt.Fprintf(buf, "id=%d", id)
	w.Write(buf.Bytes())
	release(buf)
	bufPool.Put(buf)
}

func release(buf *bytes.Buffer) { buf.Reset() }

var bytePool = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

func write(w io.Writer, name string) {
	b := bytePool.Get().(*[]byte)
	*b = append((*b)[:0], name...)
	w.Write(*b)
	bytePool.Put(b)
}

// A buffer of a fixed length is overwritten as far as it is read.
var chunkPool = sync.Pool{New: func() any { b := make([]byte, 4096); return &b }}

func copyChunk(w io.Writer, r io.Reader) error {
	b := chunkPool.Get().(*[]byte)
	defer chunkPool.Put(b)
	n, err := r.Read(*b)
	w.Write((*b)[:n])
	return err
}

type event struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Raw   []byte `json:"-"`
}

var eventPool = sync.Pool{New: func() any { return new(event) }}

// Every field that the decoder fills is reset.
func name(r io.Reader) (string, error) {
	e := eventPool.Get().(*event)
	defer eventPool.Put(e)
	e.Name, e.Count = "", 0
	e.Count = 0
	err := json.NewDecoder(r).Decode(e)
	return e.Name, err
}

func (e *event) Reset() { *e = event{Raw: e.Raw[:0]} }

func count(data []byte) (int, error) {
	e := eventPool.Get().(*event)
	e.Reset()
	err := json.Unmarshal(data, e)
	n := e.Count
	eventPool.Put(e)
	return n, err
}

var setPool = sync.Pool{New: func() any { return map[int]bool{} }}

// The old way of clear.
func unique(ids []int) int {
	set := setPool.Get().(map[int]bool)
	for _, id := range ids {
		set[id] = true
	}
	n := len(set)
	for id := range set {
		delete(set, id)
	}
	setPool.Put(set)
	return n
}
