package fixtures

import (
	"os"
	"path/filepath"
	"sync"
)

func walk(dir string, sem chan struct{}, visit func(string)) {
	sem <- struct{}{}
	defer func() { <-sem }()
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.IsDir() {
			walk(filepath.Join(dir, entry.Name()), sem, visit) // want HW801
		} else {
			visit(entry.Name())
		}
	}
}

type searcher struct {
	sem chan struct{}
	hit func(string)
}

func (s *searcher) search(dir string) {
	s.sem <- struct{}{}
	defer func() { <-s.sem }()
	var all sync.WaitGroup
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		all.Add(1)
		go func() {
			defer all.Done()
			s.search(entry.Name()) // want HW801
		}()
	}
	all.Wait()
}

func (s *searcher) each(dir string, all *sync.WaitGroup) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if !entry.IsDir() {
			s.hit(entry.Name())
			continue
		}
		s.sem <- struct{}{}
		all.Add(1)
		go func() {
			defer all.Done()
			defer func() { <-s.sem }()
			s.each(filepath.Join(dir, entry.Name()), all) // want HW801
		}()
	}
}

func count(dir string, slots chan bool) (n int) {
	slots <- true
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		n += count(filepath.Join(dir, entry.Name()), slots) // want HW801
	}
	<-slots
	return n
}

type node struct {
	children []*node
	value    int
}

func (n *node) sum(sem chan struct{}) int {
	sem <- struct{}{}
	defer func() { <-sem }()
	total := n.value
	for _, child := range n.children {
		total += child.sum(sem) // want HW801
	}
	return total
}
