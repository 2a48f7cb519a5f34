package main

import (
	"fmt"
	"net/http"
	"os"
)

func init() { register("HW706", listPages, listPageEntries) }

func listPages(w http.ResponseWriter, r *http.Request) {
	pages := 0
	entries, err := os.ReadDir(pageTree())
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() {
			pages++
		}
	}
	fmt.Fprintln(w, pages, err)
}

func listPageEntries(w http.ResponseWriter, r *http.Request) {
	pages := 0
	entries, err := os.ReadDir(pageTree())
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			pages++
		}
	}
	fmt.Fprintln(w, pages, err)
}
