package main

import (
	"encoding/json"
	"fmt"
	"net/http"
)

func init() { register("HW309", countUnchecked, countChecked) }

func countUnchecked(w http.ResponseWriter, r *http.Request) {
	data, ids := []byte(jsonMessage), 0
	for range 100 {
		message := new(clickMessage)
		json.Unmarshal(data, message)
		ids += len(message.ID)
	}
	fmt.Fprintln(w, ids)
}

type clickMessage struct {
	ID   string            `json:"id"`
	Meta map[string]string `json:"meta"`
}

func countChecked(w http.ResponseWriter, r *http.Request) {
	data, ids := []byte(jsonMessage), 0
	for range 100 {
		message := new(clickMessage)
		if err := json.Unmarshal(data, message); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		ids += len(message.ID)
	}
	fmt.Fprintln(w, ids)
}
