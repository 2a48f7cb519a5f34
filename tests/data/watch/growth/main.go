// Growth of three kinds, a step at a time: a leak, a cache that warms up, something loaded once.
package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
)

const (
	size = 1 << 10
	keys = 100_000 // of the cache: 100 MB when it is full
)

type entry [size]byte

var (
	kept     []*entry
	cache    = map[int]*entry{}
	loaded   []byte
	inFlight []*entry
)

func leak(count int) {
	for range count {
		kept = append(kept, new(entry))
	}
}

// warm asks for keys at random: the fuller the cache is, the fewer of them are new.
func warm(count int) {
	for range count {
		key := rand.IntN(keys)
		if cache[key] == nil {
			cache[key] = new(entry)
		}
	}
}

func loadOnce() {
	loaded = make([]byte, 60<<20)
}

// serve holds other objects after each step, as requests under way do.
func serve() {
	inFlight = make([]*entry, 30_000+rand.IntN(3000))
	for i := range inFlight {
		inFlight[i] = new(entry)
	}
}

func step(w http.ResponseWriter, r *http.Request) {
	switch r.FormValue("kind") {
	case "leak":
		leak(8000)
	case "cache":
		warm(keys / 4)
	case "step":
		if r.FormValue("at") == "6" {
			loadOnce()
		}
	}
	serve()
	// A profile shows what was live two cycles ago at the latest.
	runtime.GC()
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	fmt.Fprintln(w, now.HeapAlloc)
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("listening", listener.Addr())
	http.HandleFunc("/step", step)
	panic(http.Serve(listener, nil))
}
