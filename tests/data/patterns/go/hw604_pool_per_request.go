package main

import (
	"fmt"
	"net/http"
	"sync"
)

func init() { register("HW604", hexFromNewPool, hexFromKeptPool) }

func hexFromNewPool(w http.ResponseWriter, r *http.Request) {
	pool := sync.Pool{New: func() any { return new([128 << 10]byte) }}
	scratch := pool.Get().(*[128 << 10]byte)
	defer pool.Put(scratch)
	fmt.Fprintf(w, "%x\n", scratch[:copy(scratch[:], "hello")])
}

var scratchPool = sync.Pool{New: func() any { return new([128 << 10]byte) }}

func hexFromKeptPool(w http.ResponseWriter, r *http.Request) {
	scratch := scratchPool.Get().(*[128 << 10]byte)
	defer scratchPool.Put(scratch)
	fmt.Fprintf(w, "%x\n", scratch[:copy(scratch[:], "hello")])
}
