// The article's parallel search holds a slot while it waits for others: it deadlocks.
package claims

import (
	"os"
	"path/filepath"
	"sync"
)

type searcher struct {
	slots chan struct{}
	wg    sync.WaitGroup
}

func (s *searcher) search(dir string) {
	s.slots <- struct{}{}
	defer func() { <-s.slots }()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if entry.IsDir() {
			s.search(filepath.Join(dir, entry.Name())) // want HW801
		}
	}
}
