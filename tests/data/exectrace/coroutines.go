//go:build go1.23

package main

import "iter"

// switchBetween goes back and forth between two goroutines, one of which ends in the middle.
func switchBetween(iterations int) {
	count := func(yield func(int) bool) {
		for i := 0; i < iterations/10 && yield(i); i++ {
		}
	}
	for _, all := range []bool{true, false} {
		next, stop := iter.Pull(iter.Seq[int](count))
		for _, more := next(); more && all; _, more = next() {
		}
		stop()
	}
}
