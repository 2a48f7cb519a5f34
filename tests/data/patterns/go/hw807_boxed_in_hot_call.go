package main

import (
	"fmt"
	"net/http"
	"strconv"
)

func init() { register("HW807", tableByFormat, tableByAppend) }

func tableByFormat(w http.ResponseWriter, r *http.Request) {
	for _, each := range stations {
		fmt.Fprintf(w, "%d,%s\n", each.id, each.name)
	}
}

func tableByAppend(w http.ResponseWriter, r *http.Request) {
	var line []byte
	for _, each := range stations {
		line = strconv.AppendInt(line[:0], int64(each.id), 10)
		line = append(line, ',')
		line = append(line, each.name...)
		line = append(line, '\n')
		w.Write(line)
	}
}
