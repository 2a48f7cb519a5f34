package main

import (
	"net/http"
	"runtime/metrics"
	"sync"
	"sync/atomic"
)

// Stats is what the gateway counts about itself, by other means than its debug endpoint: the
// requests in a middleware of its own, memory through runtime/metrics. A measurement from outside
// has to agree with it.
type Stats struct {
	Requests     int64  `json:"requests"`
	AllocBytes   uint64 `json:"alloc_bytes"`
	AllocObjects uint64 `json:"alloc_objects"`
	NumGC        uint64 `json:"num_gc"`
}

// counter counts requests and reads the allocation totals.
type counter struct {
	requests atomic.Int64
	mutex    sync.Mutex
	samples  []metrics.Sample
}

func newCounter() *counter {
	return &counter{samples: []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/gc/heap/allocs:objects"},
		// Objects packed into a shared 16-byte block are counted apart.
		{Name: "/gc/heap/tiny/allocs:objects"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}}
}

// count is a middleware that counts the requests of the routes behind it.
func (c *counter) count(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c.requests.Add(1)
		next(w, r)
	}
}

// read returns the counts since the service started. It reuses its buffer, so that reading
// allocates next to nothing.
func (c *counter) read() Stats {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	metrics.Read(c.samples)
	return Stats{
		Requests:     c.requests.Load(),
		AllocBytes:   c.samples[0].Value.Uint64(),
		AllocObjects: c.samples[1].Value.Uint64() + c.samples[2].Value.Uint64(),
		NumGC:        c.samples[3].Value.Uint64(),
	}
}
