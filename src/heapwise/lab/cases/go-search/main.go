// Command logsearch finds the lines of a tree of log files in which something timed out, as grep -r
// does. Each flag puts right one thing that it does for every file and could do once, or not at all.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"os"
)

// outcome is the last line that a job prints.
type outcome struct {
	Work   int64            `json:"work"`
	Result result           `json:"result"`
	Guard  map[string]int64 `json:"guard"`
}

// result is what has to be the same however the files are searched.
type result struct {
	Files    int64  `json:"files"`
	Hits     int64  `json:"hits"`
	Checksum uint32 `json:"checksum"`
}

func main() {
	root := flag.String("root", ".", "directory to search")
	buffer := flag.String("buffer", "each", "a buffer for lines: each file, or once for all")
	pattern := flag.String("pattern", "each", "compile the pattern: for each file, or once for all")
	walk := flag.String("walk", "stat", "find files: by stat of every entry, or by dirs alone")
	flag.Parse()

	s := &search{lines: bufferEach, pattern: patternEach}
	if *buffer == "once" {
		s.lines = bufferOnce
	}
	if *pattern == "once" {
		s.pattern = patternOnce
	}
	find := filesByStat
	if *walk == "dirs" {
		find = filesByDirs
	}
	if err := underHeapwise(func() error { return find(*root, s.file) }); err != nil {
		log.Fatal(err)
	}
	json.NewEncoder(os.Stdout).Encode(outcome{
		Work:   s.found.Files,
		Result: s.found,
		Guard:  map[string]int64{"bytes_read": s.read},
	})
}
