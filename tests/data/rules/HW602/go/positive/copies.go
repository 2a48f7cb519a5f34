package fixtures

import (
	"bytes"
	"encoding/json"
	"sync"
)

var chunkPool = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

var header = []byte("v1 ")

func frame(payload []byte) []byte {
	buf := chunkPool.Get().(*[]byte) // want HW602
	defer chunkPool.Put(buf)
	*buf = append((*buf)[:0], header...)
	*buf = append(*buf, payload...)
	return append([]byte(nil), *buf...)
}

var bufPool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func greeting(name string) string {
	buf := bufPool.Get().(*bytes.Buffer) // want HW602
	defer bufPool.Put(buf)
	buf.Reset()
	buf.WriteString("hello ")
	buf.WriteString(name)
	return buf.String()
}

func process(data []byte) []byte {
	buf := chunkPool.Get().(*[]byte) // want HW602
	defer chunkPool.Put(buf)
	*buf = append((*buf)[:0], data...)
	result := make([]byte, len(*buf))
	copy(result, *buf)
	return result
}

func processRequest(data []byte) []byte {
	buf := bytePool.Get().([]byte) // want HW602
	out := append(buf[:0], data...)
	result := append([]byte{}, out...)
	bytePool.Put(buf) // want HW601
	return result
}

var bytePool = sync.Pool{New: func() any { return make([]byte, 0, 4096) }}

func marshalJSON(v any) ([]byte, error) {
	buf := bufPool.Get().(*bytes.Buffer) // want HW602
	defer bufPool.Put(buf)
	buf.Reset()
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.Clone(bytes.TrimRight(buf.Bytes(), "\n")), nil
}
