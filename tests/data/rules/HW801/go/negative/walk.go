package fixtures

import (
	"os"
	"path/filepath"
	"sync"
)

func walk(dir string, sem chan struct{}, visit func(string)) {
	var all sync.WaitGroup
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		child := filepath.Join(dir, entry.Name())
		if !entry.IsDir() {
			visit(child)
			continue
		}
		select {
		case sem <- struct{}{}:
			all.Add(1)
			go func() {
				defer all.Done()
				defer func() { <-sem }()
				walk(child, sem, visit)
			}()
		default:
			walk(child, sem, visit)
		}
	}
	all.Wait()
}
