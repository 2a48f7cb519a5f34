package fixtures

import (
	"expvar"
	"runtime"
)

type gauge struct{ value float64 }

func (g *gauge) Set(value float64) { g.value = value }

var (
	heapGauge  gauge
	rateGauge  gauge
	allocs     = expvar.NewInt("total_alloc")
	lastAllocs uint64
)

func export(worst *uint64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	heapGauge.Set(float64(m.HeapAlloc))
	rateGauge.Set(float64(m.TotalAlloc - lastAllocs))
	lastAllocs = m.TotalAlloc
	allocs.Set(int64(m.TotalAlloc))
	for _, pause := range m.PauseNs {
		*worst = max(*worst, pause)
	}
	for i := uint32(0); i < min(m.NumGC, 256); i++ {
		*worst = max(*worst, m.PauseNs[(m.NumGC+255-i)%256])
	}
}
