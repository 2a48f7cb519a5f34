package fixtures

import (
	"io"
	"sync"
)

var bufPool = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

// The larger buffer takes the place of the smaller one, which costs no time: the pool settles at
// the sizes that are asked for.
func read(r io.Reader, n int) (int, error) {
	buf := bufPool.Get().(*[]byte)
	if cap(*buf) < n {
		*buf = make([]byte, n)
	}
	done, err := io.ReadFull(r, (*buf)[:n])
	bufPool.Put(buf)
	return done, err
}

// The size is known before anything is taken.
func get(n int) []byte {
	if n > 4096 {
		return make([]byte, n)
	}
	return (*bufPool.Get().(*[]byte))[:n]
}

// The small one goes back first.
func take(n int) []byte {
	buf := *bufPool.Get().(*[]byte)
	if cap(buf) < n {
		bufPool.Put(&buf)
		return make([]byte, n)
	}
	return buf[:n]
}

// Or when the function ends.
func size(r io.Reader, n int) (int, error) {
	buf := bufPool.Get().(*[]byte)
	defer bufPool.Put(buf)
	if cap(*buf) < n {
		own := make([]byte, n)
		return io.ReadFull(r, own)
	}
	return io.ReadFull(r, (*buf)[:n])
}

// What a helper hands out is put back by another one as it is, replaced or not.
var rows = sync.Pool{New: func() any { r := make([]int, 0, 64); return &r }}

func getRow(n int) *[]int {
	row := rows.Get().(*[]int)
	if cap(*row) < n {
		grown := make([]int, n)
		return &grown
	}
	*row = (*row)[:n]
	return row
}

func putRow(row *[]int) { rows.Put(row) }
