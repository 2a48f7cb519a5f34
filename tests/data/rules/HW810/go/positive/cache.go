package fixtures

import (
	"sync"
	"time"
)

type cache struct {
	entries sync.Map
	ticker  *time.Ticker
}

func newCache() *cache {
	return &cache{ticker: time.NewTicker(time.Second)} // want HW810
}

func (c *cache) close() { c.ticker.Stop() }

func flushEvery(flush func()) {
	every := time.NewTicker(time.Minute) // want HW810
	defer every.Stop()
	flush()
}
