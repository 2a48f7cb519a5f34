package main

import (
	"fmt"
	"net/http"
)

func init() { register("HW501", lengthsGrown, lengthsSized) }

type station struct {
	id   int
	name string
}

var stations = makeStations(3000)

func makeStations(n int) []station {
	made := make([]station, n)
	for i := range made {
		made[i] = station{1000 + i, cityNames[i%len(cityNames)]}
	}
	return made
}

func idsGrown(all []station) []int {
	ids := []int{}
	for _, each := range all {
		ids = append(ids, each.id)
	}
	return ids
}

func lengthsGrown(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, len(idsGrown(stations)))
}

func idsSized(all []station) []int {
	ids := make([]int, 0, len(all))
	for _, each := range all {
		ids = append(ids, each.id)
	}
	return ids
}

func lengthsSized(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, len(idsSized(stations)))
}
