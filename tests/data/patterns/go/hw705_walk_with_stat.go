package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
)

func init() { register("HW705", walkPages, walkPageEntries) }

func walkPages(w http.ResponseWriter, r *http.Request) {
	pages := 0
	err := filepath.Walk(pageTree(), func(_ string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			pages++
		}
		return nil
	})
	fmt.Fprintln(w, pages, err)
}

func walkPageEntries(w http.ResponseWriter, r *http.Request) {
	pages := 0
	err := filepath.WalkDir(pageTree(), func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			pages++
		}
		return err
	})
	fmt.Fprintln(w, pages, err)
}
