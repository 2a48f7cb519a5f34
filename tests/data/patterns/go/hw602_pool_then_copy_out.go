package main

import (
	"fmt"
	"net/http"
	"sync"
)

func init() { register("HW602", framesFromPool, framesAtOnce) }

var framePool = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

func pooledFrame(payload string) []byte {
	buf := framePool.Get().(*[]byte)
	defer framePool.Put(buf)
	*buf = append((*buf)[:0], "v1 "...)
	*buf = append(*buf, payload...)
	return append([]byte(nil), *buf...)
}

func framesFromPool(w http.ResponseWriter, r *http.Request) {
	total := 0
	for range 2000 {
		lastFrame = pooledFrame(framePayload)
		total += len(lastFrame)
	}
	fmt.Fprintln(w, total)
}

var (
	lastFrame    []byte
	framePayload = "a payload of more than sixty-four bytes, as messages commonly have them"
)

func plainFrame(payload string) []byte {
	out := make([]byte, 0, len("v1 ")+len(payload))
	out = append(out, "v1 "...)
	return append(out, payload...)
}

func framesAtOnce(w http.ResponseWriter, r *http.Request) {
	total := 0
	for range 2000 {
		lastFrame = plainFrame(framePayload)
		total += len(lastFrame)
	}
	fmt.Fprintln(w, total)
}
