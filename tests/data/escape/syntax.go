// Lines that allocate without a word from escape analysis. A comment names the reason that has to
// be found; without one nothing must be.
package lines

import (
	"reflect"
	"runtime"
)

type set map[string]bool

func sure(m map[string]int, n int, c chan int) {
	m["a"] = n   // MAP
	m["a"]++     // MAP
	m["a"] += n  // MAP
	_ = make(chan int)    // CHANNEL
	_ = make(chan int, n) // CHANNEL
	go sure(m, n, c) // GOROUTINE
	go func() { // GOROUTINE
		c <- n
	}()
}

func likely(s, t string, b []byte, n int, list []int) {
	list = append(list, n) // APPEND
	_ = make([]byte, n)    // VARIABLE_SIZE
	_ = make([]byte, 0, n) // VARIABLE_SIZE
	_ = make(map[string]int, n) // MAP
	_ = make(set)          // MAP
	_ = map[string]int{"a": n} // MAP
	_ = string(b)          // CONVERSION
	_ = []byte(s)          // CONVERSION
	s += t                 // CONCATENATION
	_ = s +                // CONCATENATION
		t
	for range n {
		defer likely(s, t, b, n, list) // DEFERRED
	}
	runtime.Stack(b, false)      // RUNTIME
	_ = reflect.ValueOf(n).Interface() // REFLECTION
	_ = reflect.New(nil)         // REFLECTION
}

func nothing(list []int, n int, p *struct{ x int }) {
	p.x = n
	n++
	_ = make([]byte, 16)
	_ = n - 1
	defer nothing(list, n, p)
	for i := range list {
		_ = list[i]
	}
	_ = [...]int{1, 2}
	_ = func() {
	}
}

func order(m map[string][]byte, b []byte) {
	m["a"] = append(m["a"], string(b)...) // MAP
	x := []byte(string(b) + "x") // CONVERSION
	y := append(x, make([]byte, len(b))...) // VARIABLE_SIZE
	_ = y
}
