package fixtures

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

// A Buffer keeps its memory over Reset.
var bufPool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func key(w io.Writer, prefix, id string) {
	buf := bufPool.Get().(*bytes.Buffer)
	defer bufPool.Put(buf)
	buf.Reset()
	fmt.Fprintf(buf, "%s:%s", prefix, id)
	buf.WriteTo(w)
}

// A struct that has a Builder among other things may be worth keeping for those.
type state struct {
	sb    strings.Builder
	stack []int
}

var statePool = sync.Pool{New: func() any { return new(state) }}

func depth(text string) int {
	s := statePool.Get().(*state)
	defer statePool.Put(s)
	s.sb.Reset()
	s.stack = s.stack[:0]
	for i := range text {
		s.stack = append(s.stack, i)
	}
	return len(s.stack)
}

// A map of Builders is no pool.
type builders map[string]*strings.Builder

func (b builders) Get(name string) *strings.Builder { return b[name] }

func named(b builders) string { return b.Get("one").String() }
