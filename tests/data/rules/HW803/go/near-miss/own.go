//go:build linux && go1.18

package fixtures

import (
	"sort"
	"sync"
)

// As an argument, or as a copy: each goroutine has its own.
func given(jobs []string, run func(string)) {
	var all sync.WaitGroup
	for _, job := range jobs {
		all.Add(1)
		go func(job string) {
			defer all.Done()
			run(job)
		}(job)
	}
	for _, job := range jobs {
		job := job
		all.Add(1)
		go func() {
			defer all.Done()
			run(job)
		}()
	}
	all.Wait()
}

// A literal that runs before the next round sees the right value.
func sorted(lists [][]int) {
	for _, list := range lists {
		sort.Slice(list, func(i, j int) bool { return list[i] < list[j] })
		func() { list[0]++ }()
	}
}

// Only the first one is started.
func first(jobs []string, run func(string)) {
	for _, job := range jobs {
		go func() { run(job) }()
		break
	}
}

// The variable is not the loop's.
func current(n int, next func() int, run func(int)) {
	for i := 0; i < n; i++ {
		value := next()
		go func() { run(value) }()
	}
}

// Each round waits for its goroutine.
func oneByOne(jobs []string, run func(string)) {
	done := make(chan struct{})
	for _, job := range jobs {
		go func() {
			run(job)
			done <- struct{}{}
		}()
		<-done
	}
}
