package main

import (
	"compress/gzip"
	"io"
	"sync"
)

// packers are the ways to compress a response.
var packers = map[string]func(w io.Writer, data []byte) error{"each": packEach, "pooled": packPooled}

// packEach makes a writer for every response.
func packEach(w io.Writer, data []byte) error {
	packed := gzip.NewWriter(w)
	if _, err := packed.Write(data); err != nil {
		return err
	}
	return packed.Close()
}

var writers = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

// packPooled takes a writer from a pool and puts it back.
func packPooled(w io.Writer, data []byte) error {
	packed := writers.Get().(*gzip.Writer)
	defer writers.Put(packed)
	packed.Reset(w)
	if _, err := packed.Write(data); err != nil {
		return err
	}
	return packed.Close()
}
