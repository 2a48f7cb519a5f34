package fixtures

import (
	"bytes"
	"io"
	"sync"
)

// A map is a pointer already, and so is a channel.
var seenPool = sync.Pool{New: func() any { return make(map[string]bool, 64) }}

func distinct(words []string) int {
	seen := seenPool.Get().(map[string]bool)
	for _, word := range words {
		seen[word] = true
	}
	n := len(seen)
	clear(seen)
	seenPool.Put(seen)
	return n
}

var done = sync.Pool{New: func() any { return make(chan struct{}, 1) }}

func signal() {
	ch := done.Get().(chan struct{})
	ch <- struct{}{}
	<-ch
	done.Put(ch)
}

type parser struct{ stack []int }

var parsers = sync.Pool{New: func() any { return &parser{stack: make([]int, 0, 16)} }}

func depth(text string) int {
	p := parsers.Get().(*parser)
	p.stack = p.stack[:0]
	for i := range text {
		p.stack = append(p.stack, i)
	}
	n := len(p.stack)
	parsers.Put(p)
	return n
}

// Buffers that grew are put back: the pool keeps larger ones, which costs memory and no time.
var grown = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func copyAll(w io.Writer, r io.Reader) error {
	buf := grown.Get().(*bytes.Buffer)
	defer grown.Put(buf)
	buf.Reset()
	if _, err := buf.ReadFrom(r); err != nil {
		return err
	}
	_, err := buf.WriteTo(w)
	return err
}

// The address of a copy that Get gave: no boxing of what the pointer points at.
var chunkPool = sync.Pool{New: func() any { b := make([]byte, 512); return &b }}

func chunk(r io.Reader) (int, error) {
	b := *chunkPool.Get().(*[]byte)
	n, err := r.Read(b)
	chunkPool.Put(&b)
	return n, err
}

// A freelist of its own is no sync.Pool.
type freelist struct{ free [][]byte }

func (f *freelist) Put(b []byte) { f.free = append(f.free, b) }

func give(f *freelist, b []byte) { f.Put(b) }

// What Get returned goes back as it is: it has been boxed once, and stays so.
var values = sync.Pool{New: func() any { return make([]byte, 4096) }}

func relay(w io.Writer, r io.Reader) (int64, error) {
	boxed := values.Get()
	buf := boxed.([]byte)
	n, err := io.CopyBuffer(w, r, buf)
	values.Put(boxed)
	return n, err
}
