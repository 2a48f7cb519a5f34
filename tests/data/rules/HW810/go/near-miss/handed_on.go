package fixtures

import (
	"context"
	"time"
)

// Whoever is given it may read it.
func start(run func(*time.Ticker)) {
	ticker := time.NewTicker(time.Second)
	go run(ticker)
}

func every(d time.Duration) *time.Ticker {
	ticker := time.NewTicker(d)
	return ticker
}

type poller struct{ tick <-chan time.Time }

func newPoller() *poller {
	ticker := time.NewTicker(time.Second)
	return &poller{tick: ticker.C}
}

func wait(ctx context.Context, check func() bool) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for !check() {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Others can read a field that they see.
type Clock struct{ Ticker *time.Ticker }

func NewClock() *Clock { return &Clock{Ticker: time.NewTicker(time.Second)} }

type group struct{ beats []*time.Ticker }

func (g *group) add() { g.beats = append(g.beats, time.NewTicker(time.Second)) }
