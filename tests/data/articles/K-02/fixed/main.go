// Command fixed decodes messages, a line each, into structs of their own: what is kept is not
// pooled. It prints how many messages came out with an id, and how many the batch holds.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
)

type message struct {
	ID   string            `json:"id"`
	Time int64             `json:"time"`
	Data map[string]string `json:"data"`
}

type consumer struct {
	batch  []*message
	withID int
}

func (c *consumer) handle(line []byte) error {
	m := new(message)
	if err := json.Unmarshal(line, m); err != nil {
		return err
	}
	if m.ID != "" {
		c.withID++
	}
	c.batch = append(c.batch, m)
	return nil
}

func main() {
	var c consumer
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := c.handle(lines.Bytes()); err != nil {
			log.Fatal(err)
		}
	}
	kept := map[*message]bool{}
	for _, m := range c.batch {
		kept[m] = true
	}
	fmt.Println(c.withID, len(kept))
}
