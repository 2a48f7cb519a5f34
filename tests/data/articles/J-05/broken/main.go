// Command broken counts the files below a directory, eight directories at a time at most. A slot is
// held until all directories below are done, and each of those waits for a slot: a tree that is as
// deep as there are slots is never finished ("all goroutines are asleep - deadlock!").
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

type search struct {
	slots chan struct{}
	files atomic.Int64
}

func (s *search) walk(dir string) {
	s.slots <- struct{}{}
	defer func() { <-s.slots }()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	var below sync.WaitGroup
	for _, entry := range entries {
		if !entry.IsDir() {
			s.files.Add(1)
			continue
		}
		below.Add(1)
		go func() {
			defer below.Done()
			s.walk(filepath.Join(dir, entry.Name())) // want HW801
		}()
	}
	below.Wait()
}

func main() {
	s := &search{slots: make(chan struct{}, 8)}
	s.walk(os.Args[1])
	fmt.Println(s.files.Load())
}
