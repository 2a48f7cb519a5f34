package fixtures

import "time"

// The last item hands the rest on.
func atLast(items []int, send func([]int)) {
	var batch []int
	for i, item := range items {
		batch = append(batch, item)
		if len(batch) == 100 || i == len(items)-1 {
			send(batch)
			batch = batch[:0]
		}
	}
}

// A deferred function does.
func deferred(items []int, send func([]int)) {
	var batch []int
	defer func() { send(batch) }()
	for _, item := range items {
		batch = append(batch, item)
		if len(batch) == 100 {
			send(batch)
			batch = batch[:0]
		}
	}
}

// The end of the input does.
func atEnd(in <-chan int, send func([]int)) {
	var batch []int
	for {
		item, ok := <-in
		if !ok {
			send(batch)
			return
		}
		batch = append(batch, item)
		if len(batch) == 100 {
			send(batch)
			batch = batch[:0]
		}
	}
}

// A clock does, for as long as the service lives.
func forever(in <-chan int, send func([]int)) {
	var batch []int
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case item := <-in:
			batch = append(batch, item)
			if len(batch) == 100 {
				send(batch)
				batch = batch[:0]
			}
		case <-tick.C:
			send(batch)
			batch = batch[:0]
		}
	}
}

// A window of the last items is no batch.
func windows(items []int) (sums []int) {
	var window []int
	for _, item := range items {
		window = append(window, item)
		if len(window) > 10 {
			window = window[1:]
		}
		sums = append(sums, window[0])
	}
	return sums
}
