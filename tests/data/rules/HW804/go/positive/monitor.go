package fixtures

import (
	"runtime"
	"time"
)

type gauge struct{ value float64 }

func (g *gauge) Set(value float64) { g.value = value }

type histogram struct{ values []float64 }

func (h *histogram) Observe(value float64) { h.values = append(h.values, value) }

func NewGauge(name string) *gauge { return &gauge{} }

var (
	allocRateGauge gauge
	collections    = NewGauge("collections")
	pauses         histogram
)

func monitor() {
	var m runtime.MemStats
	for range time.Tick(10 * time.Second) {
		runtime.ReadMemStats(&m)
		allocRateGauge.Set(float64(m.TotalAlloc))                         // want HW804
		collections.Set(float64(m.NumGC))                                 // want HW804
		pauses.Observe(float64(m.PauseNs[(m.NumGC+255)%256]) / 1_000_000) // want HW804
	}
}
