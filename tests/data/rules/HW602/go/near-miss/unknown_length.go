package fixtures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"text/template"
)

var bufPool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// How long a page gets is known at its end: the pool saves the growing.
func page(t *template.Template, data any) (string, error) {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf)
	buf.Reset()
	if err := t.Execute(buf, data); err != nil {
		return "", err
	}
	return buf.String(), nil
}

func line(values map[string]string) string {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf)
	buf.Reset()
	for key, value := range values {
		buf.WriteString(key)
		buf.WriteString(value)
	}
	return buf.String()
}

func label(a, b any) string {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf)
	buf.Reset()
	fmt.Fprintf(buf, "%v/%v", a, b)
	return buf.String()
}

// Nobody knows how long a body gets before it is there.
func body(a, b any) []byte {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf)
	buf.Reset()
	fmt.Fprintf(buf, "%v/%v", a, b)
	out := make([]byte, buf.Len())
	copy(out, buf.Bytes())
	return out
}

// Indented JSON is what json.Marshal does not write.
func pretty(v any) ([]byte, error) {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf)
	buf.Reset()
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return bytes.Clone(buf.Bytes()), err
}

// The copy of an error is made on the way nobody takes; the rest goes to where it is wanted.
func send(w io.Writer, data []byte) error {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf)
	buf.Reset()
	buf.Write(data)
	_, err := buf.WriteTo(w)
	return err
}
