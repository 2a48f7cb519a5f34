package main

import (
	"fmt"
	"net/http"
	"time"
)

func init() { register("HW704", numbersWithTimers, numbersWithTimer) }

func countTo(n int) <-chan int {
	numbers := make(chan int, 64)
	go func() {
		defer close(numbers)
		for i := range n {
			numbers <- i
		}
	}()
	return numbers
}

func numbersWithTimers(w http.ResponseWriter, r *http.Request) {
	sum, numbers := 0, countTo(1000)
	for {
		select {
		case n, ok := <-numbers:
			if !ok {
				fmt.Fprintln(w, sum)
				return
			}
			sum += n
		case <-time.After(time.Minute):
			http.Error(w, "idle", http.StatusGatewayTimeout)
			return
		}
	}
}

func numbersWithTimer(w http.ResponseWriter, r *http.Request) {
	sum, numbers := 0, countTo(1000)
	idle := time.NewTimer(time.Minute)
	defer idle.Stop()
	for {
		select {
		case n, ok := <-numbers:
			if !ok {
				fmt.Fprintln(w, sum)
				return
			}
			sum += n
			idle.Reset(time.Minute)
		case <-idle.C:
			http.Error(w, "idle", http.StatusGatewayTimeout)
			return
		}
	}
}
