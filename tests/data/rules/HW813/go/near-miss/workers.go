package fixtures

import (
	"net/http"
	"sync"
)

type pool struct{ busy sync.WaitGroup }

// Whoever made the pool waits for it.
func (p *pool) feed(rows [][]string, insert func([]string)) {
	work := make(chan []string)
	p.busy.Add(1)
	go func() {
		defer p.busy.Done()
		for row := range work {
			insert(row)
		}
	}()
	for _, row := range rows {
		work <- row
	}
	close(work)
}

// The worker says by another channel that it is done.
func told(rows []string, handle func(string), done chan<- bool) {
	work := make(chan string)
	go consume(work, handle, done)
	for _, row := range rows {
		work <- row
	}
	close(work)
}

func consume(work <-chan string, handle func(string), done chan<- bool) {
	for row := range work {
		handle(row)
	}
	done <- true
}

// The service goes on, and so do its workers.
func serve(first []string, handle func(string)) error {
	work := make(chan string, 8)
	go func() {
		for row := range work {
			handle(row)
		}
	}()
	for _, row := range first {
		work <- row
	}
	return http.ListenAndServe("127.0.0.1:0", nil)
}

// Somebody else has the channel too.
func started(rows []string, handle func(string)) chan<- string {
	work := make(chan string, 8)
	go func() {
		for row := range work {
			handle(row)
		}
	}()
	for _, row := range rows {
		work <- row
	}
	return work
}

// It never ends, and has nothing to wait for.
func forever(next func() string, handle func(string)) {
	work := make(chan string)
	go func() {
		for row := range work {
			handle(row)
		}
	}()
	for {
		work <- next()
	}
}

// A signal is no work.
func signalled(rows []string, stop func()) {
	quit := make(chan struct{})
	go func() {
		<-quit
		stop()
	}()
	for range rows {
		quit <- struct{}{}
	}
}

// A helper that is not seen waits for the same group that the worker is given.
func helped(rows []string, busy *sync.WaitGroup, handle func(string)) {
	work := make(chan string)
	go each(work, busy, handle)
	for _, row := range rows {
		work <- row
	}
	close(work)
}

func each(work <-chan string, busy *sync.WaitGroup, handle func(string)) {
	defer busy.Done()
	for row := range work {
		handle(row)
	}
}

type loader struct {
	busy   sync.WaitGroup
	insert func(string)
}

// The method says that it is done; whoever has the loader waits.
func (l *loader) load(rows []string) {
	work := make(chan string)
	go l.run(work)
	for _, row := range rows {
		work <- row
	}
	close(work)
}

func (l *loader) run(work <-chan string) {
	defer l.busy.Done()
	for row := range work {
		l.insert(row)
	}
}
