// Command pages replays the days of a service that has 256 MiB: each day it adds up an export of
// records and then answers requests for pages, which it keeps. Each flag bounds one of the two.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
)

// outcome is the last line that a job prints.
type outcome struct {
	Work   int64              `json:"work"`
	Result result             `json:"result"`
	Guard  map[string]float64 `json:"guard"`
}

// result is what has to be the same however much is kept.
type result struct {
	Requests int64 `json:"requests"`
	Bytes    int64 `json:"bytes"`
	Records  int64 `json:"records"`
	Score    int64 `json:"score"`
}

func main() {
	input := flag.String("input", "", "directory with export-N.json and requests-N.txt of each day")
	records := flag.String("records", "whole", "how an export is read: whole, or streamed")
	room := flag.Int("room", 0, "bytes of pages to keep at most; 0 keeps all of them")
	limit := flag.Int64("limit", 0, "memory limit of the collector, bytes; 0 sets none")
	flag.Parse()

	if *limit > 0 {
		debug.SetMemoryLimit(*limit)
	}
	total := totalOfWhole
	if *records == "streamed" {
		total = totalOfStreamed
	}
	site := &site{pages: keepingAll()}
	if *room > 0 {
		site.pages = keepingBytes(*room)
	}
	var done result
	days := func() error { return replay(*input, total, site, &done) }
	if err := underHeapwise(days); err != nil {
		log.Fatal(err)
	}
	json.NewEncoder(os.Stdout).Encode(outcome{
		Work:   done.Requests,
		Result: done,
		Guard:  map[string]float64{"hit_ratio": float64(site.hits) / float64(done.Requests)},
	})
}

// replay goes through the days of a directory in order.
func replay(input string, total totalOf, site *site, done *result) error {
	for day := 1; ; day++ {
		export := filepath.Join(input, fmt.Sprintf("export-%d.json", day))
		if _, err := os.Stat(export); os.IsNotExist(err) {
			return nil
		}
		count, score, err := total(export)
		if err != nil {
			return err
		}
		done.Records += count
		done.Score += score
		requests := filepath.Join(input, fmt.Sprintf("requests-%d.txt", day))
		if err := site.replay(requests, done); err != nil {
			return err
		}
	}
}
