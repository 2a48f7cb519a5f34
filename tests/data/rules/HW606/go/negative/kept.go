package fixtures

import (
	"encoding/json"
	"sync"
)

type message struct{ ID, Text string }

var messagePool = sync.Pool{New: func() any { return new(message) }}

type counter struct{ byID map[string]int }

func (c *counter) add(data []byte) error {
	msg := messagePool.Get().(*message)
	defer messagePool.Put(msg)
	*msg = message{}
	if err := json.Unmarshal(data, msg); err != nil {
		return err
	}
	c.byID[msg.ID]++
	return nil
}
