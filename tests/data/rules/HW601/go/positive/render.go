package fixtures

import (
	"io"
	"net/http"
	"strconv"
	"sync"
)

var bufPool = sync.Pool{New: func() any { return make([]byte, 0, 4096) }}

func page(w http.ResponseWriter, r *http.Request) {
	buf := bufPool.Get().([]byte)
	buf = strconv.AppendInt(buf[:0], r.ContentLength, 10)
	w.Write(buf)
	bufPool.Put(buf) // want HW601
}

type point struct{ x, y, z int64 }

type scene struct{ points sync.Pool }

func newScene() *scene {
	return &scene{points: sync.Pool{New: func() interface{} { return point{} }}}
}

func (s *scene) draw(w io.Writer) {
	p := s.points.Get().(point)
	p.x, p.y, p.z = 1, 2, 3
	defer s.points.Put(p) // want HW601
	io.WriteString(w, strconv.FormatInt(p.x+p.y+p.z, 10))
}

type words []string

var wordPool sync.Pool

func count(text []string) int {
	w, ok := wordPool.Get().(words)
	if !ok {
		w = make(words, 0, 64)
	}
	w = append(w[:0], text...)
	n := len(w)
	clear(w)
	wordPool.Put(w[:0]) // want HW601
	return n
}
