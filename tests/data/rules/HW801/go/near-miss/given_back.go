package fixtures

import (
	"os"
	"path/filepath"
	"sync"
)

// The slot is held for the reading alone.
func walk(dir string, sem chan struct{}, visit func(string)) {
	sem <- struct{}{}
	entries, _ := os.ReadDir(dir)
	<-sem
	for _, entry := range entries {
		if entry.IsDir() {
			walk(filepath.Join(dir, entry.Name()), sem, visit)
			continue
		}
		visit(entry.Name())
	}
}

// Nobody waits for the children while holding one.
func spawn(dir string, sem chan struct{}, all *sync.WaitGroup) {
	defer all.Done()
	sem <- struct{}{}
	defer func() { <-sem }()
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		all.Add(1)
		go spawn(filepath.Join(dir, entry.Name()), sem, all)
	}
}

// A goroutine per job, without recursion.
func jobs(all []func(), sem chan struct{}) {
	for _, job := range all {
		sem <- struct{}{}
		go func() {
			defer func() { <-sem }()
			job()
		}()
	}
}

// A channel of results is no semaphore, though what is sent looks like one.
func ping(depth int, done chan struct{}) {
	if depth > 0 {
		ping(depth-1, done)
	}
	done <- struct{}{}
}

type node struct{ left, right *node }

// The slot is asked for after the call.
func (n *node) sum(sem chan struct{}, add func(*node)) {
	if n == nil {
		return
	}
	n.left.sum(sem, add)
	n.right.sum(sem, add)
	sem <- struct{}{}
	defer func() { <-sem }()
	add(n)
}

type doer interface{ Do(job string) error }

type limited struct {
	inner doer
	sem   chan struct{}
}

// What it wraps has a method of that name, and no semaphore.
func (l *limited) Do(job string) error {
	l.sem <- struct{}{}
	defer func() { <-l.sem }()
	return l.inner.Do(job)
}
