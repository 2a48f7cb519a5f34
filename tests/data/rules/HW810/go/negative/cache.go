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
	c := &cache{ticker: time.NewTicker(time.Second)}
	go func() {
		for range c.ticker.C {
			c.entries.Clear()
		}
	}()
	return c
}
