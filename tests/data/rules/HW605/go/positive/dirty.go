package fixtures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

type message struct {
	ID       string            `json:"id"`
	Time     time.Time         `json:"time"`
	Data     map[string]string `json:"data"`
	Metadata map[string]string `json:"metadata"`
	attempts int
}

var messagePool = sync.Pool{New: func() any { return new(message) }}

func handle(data []byte, store func(*message) error) error {
	msg := messagePool.Get().(*message)
	defer func() {
		for key := range msg.Data {
			delete(msg.Data, key)
		}
		for key := range msg.Metadata {
			delete(msg.Metadata, key)
		}
		messagePool.Put(msg) // want HW605
	}()
	if err := json.Unmarshal(data, msg); err != nil {
		return err
	}
	return store(msg)
}

var bufPool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func send(w io.Writer, id int) error {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf) // want HW605
	fmt.Fprintf(buf, "id=%d", id)
	_, err := w.Write(buf.Bytes())
	return err
}

var rowPool = sync.Pool{New: func() any { rows := make([]int, 0, 64); return &rows }}

func total(values map[string]int) (sum int) {
	rows := rowPool.Get().(*[]int)
	for _, value := range values {
		*rows = append(*rows, value)
	}
	for _, row := range *rows {
		sum += row
	}
	rowPool.Put(rows) // want HW605
	return sum
}

var seenPool = sync.Pool{New: func() any { return map[string]bool{} }}

func distinct(words []string) int {
	seen := seenPool.Get().(map[string]bool)
	for _, word := range words {
		seen[word] = true
	}
	n := len(seen)
	seenPool.Put(seen) // want HW605
	return n
}
