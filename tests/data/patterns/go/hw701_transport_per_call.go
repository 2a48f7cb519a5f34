package main

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

func init() { register("HW701", askEach, askShared) }

func askOnce(url string) int64 {
	client := &http.Client{Transport: &http.Transport{IdleConnTimeout: time.Second}}
	resp, err := client.Get(url)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	n, _ := io.Copy(io.Discard, resp.Body)
	return n
}

func askEach(w http.ResponseWriter, r *http.Request) {
	total := int64(0)
	for range 8 {
		total += askOnce(downstream())
	}
	fmt.Fprintln(w, total)
}

var sharedClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}

func askShared(w http.ResponseWriter, r *http.Request) {
	total := int64(0)
	for range 8 {
		resp, err := sharedClient.Get(downstream())
		if err != nil {
			continue
		}
		n, _ := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		total += n
	}
	fmt.Fprintln(w, total)
}
