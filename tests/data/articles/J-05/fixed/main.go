// Command fixed counts the files below a directory, eight directories at a time at most. Where no
// slot is free the work is done in place, so nobody ever waits for one.
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
		path := filepath.Join(dir, entry.Name())
		select {
		case s.slots <- struct{}{}:
			below.Add(1)
			go func() {
				defer below.Done()
				defer func() { <-s.slots }()
				s.walk(path)
			}()
		default:
			s.walk(path)
		}
	}
	below.Wait()
}

func main() {
	s := &search{slots: make(chan struct{}, 8)}
	s.walk(os.Args[1])
	fmt.Println(s.files.Load())
}
