package fixtures

import (
	"context"
	"errors"
	"time"
)

func consume(ctx context.Context, in <-chan string, handle func(string)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case msg, ok := <-in:
			if !ok {
				return nil
			}
			handle(msg)
		case <-time.After(time.Minute): // want HW704
			return errors.New("idle")
		}
	}
}

func produce(items []int, out chan<- int) (dropped int) {
	for _, item := range items {
		select {
		case out <- item:
		case <-time.After(time.Second): // want HW704
			dropped++
		}
	}
	return dropped
}
