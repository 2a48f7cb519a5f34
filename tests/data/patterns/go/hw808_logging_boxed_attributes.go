package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
)

func init() { register("HW808", loggedByPairs, loggedByAttrs) }

var passageLog = slog.New(slog.NewTextHandler(io.Discard, nil))

func notePairs(id int, name string) {
	passageLog.Debug("passed", "id", id, "name", name)
}

func loggedByPairs(w http.ResponseWriter, r *http.Request) {
	for _, each := range stations {
		notePairs(each.id, each.name)
	}
	fmt.Fprintln(w, len(stations))
}

func noteAttrs(r *http.Request, id int, name string) {
	passageLog.LogAttrs(r.Context(), slog.LevelDebug, "passed", slog.Int("id", id), slog.String("name", name))
}

func loggedByAttrs(w http.ResponseWriter, r *http.Request) {
	for _, each := range stations {
		noteAttrs(r, each.id, each.name)
	}
	fmt.Fprintln(w, len(stations))
}
