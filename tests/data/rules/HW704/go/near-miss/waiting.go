package fixtures

import (
	"context"
	"errors"
	"time"
)

// The timer is what each round waits for: it is used up.
func retry(ctx context.Context, try func() error) error {
	for wait := time.Millisecond; ; wait *= 2 {
		if err := try(); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

func poll(quit <-chan struct{}, check func()) {
	for {
		select {
		case <-quit:
			return
		case <-time.After(10 * time.Second):
			check()
		}
	}
}

// The first answer ends the loop.
func await(answers <-chan string, report func()) string {
	for {
		select {
		case answer := <-answers:
			return answer
		case <-time.After(time.Second):
			report()
		}
	}
}

// Once per call.
func receive(in <-chan string) (string, error) {
	select {
	case msg := <-in:
		return msg, nil
	case <-time.After(time.Second):
		return "", errors.New("timeout")
	}
}

// What is done every so often uses its timer up; a new leader is rare.
func report(leaders <-chan bool, gauge func(bool)) {
	leader := false
	for {
		select {
		case leader = <-leaders:
			gauge(leader)
		case <-time.After(10 * time.Second):
			gauge(leader)
		}
	}
}

// The loop is left behind the select, whatever came.
func drain(blocks <-chan []byte, sent <-chan bool, stop <-chan struct{}, keep func([]byte)) {
	for block := range blocks {
		select {
		case <-sent:
		case <-stop:
			select {
			case ok := <-sent:
				if !ok {
					keep(block)
				}
			case <-time.After(time.Second):
				return
			}
			return
		}
	}
}

// Some messages ask for an answer; most do not.
func answer(in <-chan string, out chan<- string) {
	for msg := range in {
		switch msg {
		case "ping":
			select {
			case out <- "pong":
			case <-time.After(time.Second):
				return
			}
		}
	}
}
