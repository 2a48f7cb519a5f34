//go:build go1.22

package fixtures

import "sync"

func runAll(jobs []string, run func(string)) {
	var all sync.WaitGroup
	for _, job := range jobs {
		all.Add(1)
		go func() {
			defer all.Done()
			run(job)
		}()
	}
	all.Wait()
}
