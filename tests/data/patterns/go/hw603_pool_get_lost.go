package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
)

func init() { register("HW603", linesLost, linesGrown) }

var smallBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

func lineLength(line string, n int) int {
	buf := smallBuffers.Get().(*[]byte)
	if cap(*buf) < n {
		large := make([]byte, n)
		return copy(large, line)
	}
	length := copy((*buf)[:n], line)
	if cap(*buf) <= 4096 {
		smallBuffers.Put(buf)
	}
	return length
}

func linesLost(w http.ResponseWriter, r *http.Request) {
	total := 0
	for i := range 40 {
		total += lineLength(r.URL.Path, 5000+i)
	}
	fmt.Fprintln(w, total)
}

var grownBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

func lineLengthGrown(line string, n int) int {
	buf := grownBuffers.Get().(*[]byte)
	*buf = slices.Grow((*buf)[:0], n)[:n]
	length := copy(*buf, line)
	if cap(*buf) <= 64<<10 {
		grownBuffers.Put(buf)
	}
	return length
}

func linesGrown(w http.ResponseWriter, r *http.Request) {
	total := 0
	for i := range 40 {
		total += lineLengthGrown(r.URL.Path, 5000+i)
	}
	fmt.Fprintln(w, total)
}
