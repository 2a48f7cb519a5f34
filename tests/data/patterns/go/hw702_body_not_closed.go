package main

import (
	"fmt"
	"io"
	"net/http"
)

func init() { register("HW702", readOpen, readClosed) }

func firstPart(url string) int {
	first := make([]byte, 8<<10)
	resp, err := http.Get(url)
	if err != nil {
		return 0
	}
	n, _ := resp.Body.Read(first)
	return n
}

func firstPartClosed(url string) int {
	first := make([]byte, 8<<10)
	resp, err := http.Get(url)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	n, _ := io.ReadAtLeast(resp.Body, first, 1)
	return n
}

func readOpen(w http.ResponseWriter, r *http.Request) {
	total := 0
	for range 8 {
		total += firstPart(downstream())
	}
	fmt.Fprintln(w, total)
}

func readClosed(w http.ResponseWriter, r *http.Request) {
	total := 0
	for range 8 {
		total += firstPartClosed(downstream())
	}
	fmt.Fprintln(w, total)
}
