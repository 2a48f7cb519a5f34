// A cache bounded by entries is said to hold 10 MB: 100,000 entries of 1 KB are 100 MB.
package claims

import "sync"

type cache struct {
	mu    sync.Mutex
	items map[string][]byte
	size  int
}

func (c *cache) put(key string, value []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.size+len(value) > 64<<20 {
		for k, v := range c.items {
			delete(c.items, k)
			c.size -= len(v)
			break
		}
	}
	c.items[key] = value
	c.size += len(value)
}
