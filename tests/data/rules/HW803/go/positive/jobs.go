//go:build go1.21

package fixtures

import "sync"

func runAll(jobs []string, run func(string)) {
	var all sync.WaitGroup
	for _, job := range jobs {
		all.Add(1)
		go func() {
			defer all.Done()
			run(job) // want HW803
		}()
	}
	all.Wait()
}

type group struct{ sync.WaitGroup }

func (g *group) Go(f func() error) { go f() }

func indexAll(g *group, items []string, index func(int, string) error) {
	for i, item := range items {
		g.Go(func() error {
			return index(i, item) // want HW803
		})
	}
}

func closeAll(n int, closeOne func(int)) {
	for i := 0; i < n; i++ {
		defer func() { closeOne(i) }() // want HW803
	}
}
