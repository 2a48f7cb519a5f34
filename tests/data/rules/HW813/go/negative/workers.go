package fixtures

import "sync"

func awaited(rows [][]string, insert func([]string)) {
	work := make(chan []string)
	var busy sync.WaitGroup
	for range 4 {
		busy.Add(1)
		go func() {
			defer busy.Done()
			for row := range work {
				insert(row)
			}
		}()
	}
	for _, row := range rows {
		work <- row
	}
	close(work)
	busy.Wait()
}

func answered(rows [][]string, insert func([]string) error) error {
	work, answers := make(chan []string), make(chan error)
	go func() {
		for row := range work {
			answers <- insert(row)
		}
		close(answers)
	}()
	go func() {
		for _, row := range rows {
			work <- row
		}
		close(work)
	}()
	for err := range answers {
		if err != nil {
			return err
		}
	}
	return nil
}
