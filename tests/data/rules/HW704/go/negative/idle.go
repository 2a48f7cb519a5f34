package fixtures

import (
	"errors"
	"time"
)

func consume(in <-chan string, handle func(string)) error {
	idle := time.NewTimer(time.Minute)
	defer idle.Stop()
	for {
		select {
		case msg := <-in:
			handle(msg)
			idle.Reset(time.Minute)
		case <-idle.C:
			return errors.New("idle")
		}
	}
}
