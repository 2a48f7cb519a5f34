package fixtures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

type message struct {
	ID   string
	Data map[string]string
}

var messagePool = sync.Pool{New: func() any { return new(message) }}

func handle(data []byte, store func(*message) error) error {
	msg := messagePool.Get().(*message)
	defer messagePool.Put(msg)
	clear(msg.Data)
	*msg = message{Data: msg.Data}
	if err := json.Unmarshal(data, msg); err != nil {
		return err
	}
	return store(msg)
}

var bufPool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func send(w io.Writer, id int) error {
	buf := bufPool.Get().(*bytes.Buffer)
	buf.Reset()
	defer bufPool.Put(buf)
	fmt.Fprintf(buf, "id=%d", id)
	_, err := w.Write(buf.Bytes())
	return err
}
