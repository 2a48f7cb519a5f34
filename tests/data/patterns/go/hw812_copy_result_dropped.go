package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

func init() { register("HW812", copyUnseen, copySeen) }

// tableInMemory takes rows as a connection of pgx does.
type tableInMemory struct{ rows []string }

func (t *tableInMemory) CopyFrom(_ context.Context, _, _, rows []string) (int64, error) {
	for _, row := range rows {
		t.rows = append(t.rows, strings.Clone(row))
	}
	return int64(len(rows)), nil
}

func copyUnseen(w http.ResponseWriter, r *http.Request) {
	var table tableInMemory
	rows := strings.SplitAfter(strings.Repeat("order,1200\n", 1000), "\n")
	table.CopyFrom(r.Context(), []string{"orders"}, []string{"row"}, rows)
	fmt.Fprintln(w, len(table.rows))
}

func copySeen(w http.ResponseWriter, r *http.Request) {
	var table tableInMemory
	rows := strings.SplitAfter(strings.Repeat("order,1200\n", 1000), "\n")
	loaded, err := table.CopyFrom(r.Context(), []string{"orders"}, []string{"row"}, rows)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, loaded)
}
