package fixtures

func literals(rows [][]string, insert func([]string)) {
	work := make(chan []string)
	for range 4 {
		go func() { // want HW813
			for row := range work {
				insert(row)
			}
		}()
	}
	for _, row := range rows {
		work <- row
	}
	close(work)
}

func named(limit int) {
	numbers := make(chan int, 100)
	for i := 0; i < 4; i++ {
		go printAll(numbers) // want HW813
	}
	for i := 0; i < limit; i++ {
		numbers <- i
	}
}

func printAll(numbers <-chan int) {
	for n := range numbers {
		println(n)
	}
}

type loader struct{ insert func(string) }

func (l *loader) load(rows []string) {
	work := make(chan string)
	go l.run(work) // want HW813
	for _, row := range rows {
		work <- row
	}
	close(work)
}

func (l *loader) run(work <-chan string) {
	for row := range work {
		l.insert(row)
	}
}
