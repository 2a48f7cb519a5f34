package fixtures

import (
	"encoding/json"
	"sync"
)

type message struct{ ID, Text string }

var messagePool = sync.Pool{New: func() any { return new(message) }}

type batcher struct {
	batch []*message
	byID  map[string]*message
	out   chan *message
}

func (b *batcher) add(data []byte) error {
	msg := messagePool.Get().(*message)
	defer messagePool.Put(msg)
	*msg = message{}
	if err := json.Unmarshal(data, msg); err != nil {
		return err
	}
	b.batch = append(b.batch, msg) // want HW606
	return nil
}

func (b *batcher) index(data []byte) error {
	msg := messagePool.Get().(*message)
	*msg = message{}
	err := json.Unmarshal(data, msg)
	if err == nil {
		b.byID[msg.ID] = msg // want HW606
	}
	messagePool.Put(msg)
	return err
}

func (b *batcher) forward(id string) {
	msg := messagePool.Get().(*message)
	*msg = message{ID: id}
	b.out <- msg // want HW606
	messagePool.Put(msg)
}

func collect(ids <-chan string) []*message {
	var all []*message
	for id := range ids {
		msg := messagePool.Get().(*message)
		*msg = message{ID: id}
		all = append(all, msg) // want HW606
		messagePool.Put(msg)
	}
	return all
}
