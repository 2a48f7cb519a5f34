package fixtures

import (
	"net"
	"sync"
)

type call struct {
	id   uint64
	done chan struct{}
}

var callPool = sync.Pool{New: func() any { return &call{done: make(chan struct{}, 1)} }}

type client struct {
	queue   chan *call
	pending map[uint64]*call
	batch   []*call
	mu      sync.Mutex
}

// The send hands it over, and the Put is for the case in which nobody took it.
func (c *client) offer() bool {
	one := callPool.Get().(*call)
	select {
	case c.queue <- one:
		return true
	default:
		callPool.Put(one)
		return false
	}
}

// Whoever received it is done before it goes back.
func (c *client) ask() {
	one := callPool.Get().(*call)
	c.queue <- one
	<-one.done
	callPool.Put(one)
}

// It is kept while the answer is awaited, and taken out again.
func (c *client) wait(id uint64) {
	one := callPool.Get().(*call)
	one.id = id
	c.mu.Lock()
	c.pending[id] = one
	c.mu.Unlock()
	<-one.done
	c.mu.Lock()
	delete(c.pending, id)
	c.mu.Unlock()
	callPool.Put(one)
}

// Kept on one way, put back on the other.
func (c *client) keep(id uint64) {
	one := callPool.Get().(*call)
	if id > 0 {
		c.batch = append(c.batch, one)
		return
	}
	callPool.Put(one)
}

// The list does not outlive what it lists.
var chunkPool = sync.Pool{New: func() any { b := make([]byte, 512); return &b }}

func send(conn net.Conn, header []byte) error {
	chunk := chunkPool.Get().(*[]byte)
	defer chunkPool.Put(chunk)
	var list []*[]byte
	list = append(list, chunk)
	for _, each := range list {
		if _, err := conn.Write(append(header, (*each)[:4]...)); err != nil {
			return err
		}
	}
	return nil
}

// What is kept is a copy of it.
func (c *client) record(ids map[uint64]call, id uint64) {
	one := callPool.Get().(*call)
	one.id = id
	ids[id] = *one
	callPool.Put(one)
}
