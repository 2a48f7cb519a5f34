package main

import (
	"io"
	"net/http"
	"strings"
)

func init() { register("HW403", listByConcatenation, listByBuilder) }

var cityNames = strings.Fields(strings.Repeat("Aachen Berlin Celle Dresden Essen ", 40))

func concatenatedList(names []string) string {
	list := "cityNames:\n"
	for i, name := range names {
		if i > 0 {
			list += ", "
		}
		list += name
	}
	return list
}

func listByConcatenation(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, concatenatedList(cityNames))
}

func builtList(names []string) string {
	var list strings.Builder
	list.WriteString("cityNames:\n")
	for i, name := range names {
		if i > 0 {
			list.WriteString(", ")
		}
		list.WriteString(name)
	}
	return list.String()
}

func listByBuilder(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, builtList(cityNames))
}
