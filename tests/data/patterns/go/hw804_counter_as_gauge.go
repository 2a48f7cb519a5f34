package main

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
)

func init() { register("HW804", statsAsGauge, statsAsCounter) }

type statsGauge struct{ value float64 }

func (g *statsGauge) Set(value float64) { g.value = value }

var allocGauge statsGauge

func statsPage(value float64) string {
	return strings.Repeat(fmt.Sprintf("allocated_bytes %.0f\n", value), 3000)
}

func statsAsGauge(w http.ResponseWriter, r *http.Request) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	allocGauge.Set(float64(m.TotalAlloc))
	fmt.Fprintln(w, len(statsPage(allocGauge.value)) > 0)
}

func statsAsCounter(w http.ResponseWriter, r *http.Request) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	allocGauge.Set(float64(m.HeapAlloc))
	fmt.Fprintln(w, len(statsPage(allocGauge.value)) > 0)
}
