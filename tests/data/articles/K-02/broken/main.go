// Command broken decodes messages, a line each, into pooled structs, of which only the map is
// emptied, and keeps them for a batch although they go back into the pool. A message without an id
// has the id of the one before, and the batch is one message many times over. It prints how many
// messages came out with an id, and how many different ones the batch holds.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

type message struct {
	ID   string            `json:"id"`
	Time int64             `json:"time"`
	Data map[string]string `json:"data"`
}

var messages = sync.Pool{New: func() any { return &message{Data: map[string]string{}} }}

type consumer struct {
	batch  []*message
	withID int
}

func (c *consumer) handle(line []byte) {
	m := messages.Get().(*message)
	clear(m.Data)
	json.Unmarshal(line, m) // want HW309
	if m.ID != "" {
		c.withID++
	}
	c.batch = append(c.batch, m) // want HW606
	messages.Put(m)              // want HW605
}

func main() {
	var c consumer
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		c.handle(lines.Bytes())
	}
	kept := map[*message]bool{}
	for _, m := range c.batch {
		kept[m] = true
	}
	fmt.Println(c.withID, len(kept))
}
