// Exposes what client_golang knows of a Go process, and makes some garbage meanwhile.
package main

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

var kept = make([][]byte, 1000)

func main() {
	all := collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsAll)
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(all))
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("listening", listener.Addr())
	go func() {
		for i := 0; ; i++ {
			kept[i%len(kept)] = make([]byte, 1<<10)
			if i%100 == 0 {
				runtime.GC() // or there would be nothing to show for minutes
				time.Sleep(50 * time.Millisecond)
			}
		}
	}()
	panic(http.Serve(listener, nil))
}
