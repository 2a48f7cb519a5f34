package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime/metrics"
	"strings"
	"time"
)

var started = float64(time.Now().UnixNano()) / 1e9

// shown are the runtime's metrics that the page has; true for those that only ever rise.
var shown = map[string]bool{
	"/cpu/classes/gc/mark/assist:cpu-seconds": true,
	"/cpu/classes/gc/mark/idle:cpu-seconds":   true,
	"/cpu/classes/gc/total:cpu-seconds":       true,
	"/cpu/classes/idle:cpu-seconds":           true,
	"/cpu/classes/total:cpu-seconds":          true,
	"/gc/cycles/total:gc-cycles":              true,
	"/gc/gogc:percent":                        false,
	"/gc/gomemlimit:bytes":                    false,
	"/gc/heap/allocs:bytes":                   true,
	"/gc/heap/allocs:objects":                 true,
	"/gc/heap/frees:objects":                  true,
	"/gc/heap/goal:bytes":                     false,
	"/gc/heap/live:bytes":                     false,
	"/sched/goroutines:goroutines":            false,
	"/sched/pauses/total/gc:seconds":          false,
}

// named is what client_golang calls a metric of the runtime.
func named(name string, rises bool) string {
	found := "go_" + strings.NewReplacer("/", "_", "-", "_", ":", "_").Replace(name[1:])
	if rises {
		found += "_total"
	}
	return found
}

// page tells what client_golang does with collectors.WithGoCollectorRuntimeMetrics, in few lines;
// its buckets are the runtime's own.
func page(out http.ResponseWriter, _ *http.Request) {
	w := bufio.NewWriter(out)
	defer w.Flush()
	samples := make([]metrics.Sample, 0, len(shown))
	for name := range shown {
		samples = append(samples, metrics.Sample{Name: name})
	}
	metrics.Read(samples)
	for _, each := range samples {
		name := named(each.Name, shown[each.Name])
		switch each.Value.Kind() {
		case metrics.KindUint64:
			fmt.Fprintln(w, name, each.Value.Uint64())
		case metrics.KindFloat64:
			fmt.Fprintln(w, name, each.Value.Float64())
		case metrics.KindFloat64Histogram:
			buckets(w, name, each.Value.Float64Histogram())
		}
		if name == "go_sched_goroutines_goroutines" {
			fmt.Fprintln(w, "go_goroutines", each.Value.Uint64())
		}
	}
	fmt.Fprintln(w, "requests_total", requests.Load())
	fmt.Fprintln(w, "process_start_time_seconds", started)
}

func buckets(w io.Writer, name string, histogram *metrics.Float64Histogram) {
	fmt.Fprintln(w, "# TYPE", name, "histogram")
	total := uint64(0)
	for index, count := range histogram.Counts {
		total += count
		if upper := histogram.Buckets[index+1]; !math.IsInf(upper, 1) {
			fmt.Fprintf(w, "%s_bucket{le=\"%g\"} %d\n", name, upper, total)
		}
	}
	fmt.Fprintf(w, "%s_bucket{le=\"+Inf\"} %d\n", name, total)
	fmt.Fprintf(w, "%s_count %d\n", name, total)
	fmt.Fprintf(w, "%s_sum 0\n", name)
}
