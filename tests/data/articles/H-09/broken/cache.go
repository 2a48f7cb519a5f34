// Package cache was to forget its entries every second. Nobody reads the ticker, so it never does:
// an answer is cached for ever, and one for each query that clients think of.
package cache

import (
	"net/http"
	"sync"
	"time"
)

type cache struct {
	answers sync.Map
	expiry  *time.Ticker
	fetch   func(query string) []byte
}

func newCache(fetch func(query string) []byte) *cache {
	return &cache{fetch: fetch, expiry: time.NewTicker(time.Second)} // want HW810
}

func (c *cache) users(w http.ResponseWriter, r *http.Request) {
	query := r.URL.RawQuery
	answer, known := c.answers.Load(query)
	if !known {
		answer = c.fetch(query)
		c.answers.Store(query, answer) // want HW504
	}
	w.Write(answer.([]byte))
}
