package main

import (
	"fmt"
	"net/http"
)

func init() { register("HW502", indexGrown, indexSized) }

func stationsGrown(all []station) map[int]string {
	index := make(map[int]string)
	for _, each := range all {
		index[each.id] = each.name
	}
	return index
}

func indexGrown(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, len(stationsGrown(stations)))
}

func stationsSized(all []station) map[int]string {
	index := make(map[int]string, len(all))
	for _, each := range all {
		index[each.id] = each.name
	}
	return index
}

func indexSized(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, len(stationsSized(stations)))
}
