package main

import (
	"fmt"
	"net/http"
	"strings"
)

func init() { register("HW406", hostsBySplit, hostsByCut) }

const splitLogLine = "192.0.2.17 - - [21/Nov/2026:11:00:00 +0000] \"GET /index.html HTTP/1.1\" 200 5043"

func splitHost(line string) string {
	host := strings.Split(line, " ")[0]
	return host
}

func hostsBySplit(w http.ResponseWriter, r *http.Request) {
	sum := 0
	for range 1000 {
		sum += len(splitHost(splitLogLine))
	}
	fmt.Fprintln(w, sum)
}

func cutHost(line string) string {
	host, _, _ := strings.Cut(line, " ")
	return host
}

func hostsByCut(w http.ResponseWriter, r *http.Request) {
	sum := 0
	for range 1000 {
		sum += len(cutHost(splitLogLine))
	}
	fmt.Fprintln(w, sum)
}
