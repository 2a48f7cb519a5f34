package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

func init() { register("HW306", countForEver, countToTheEnd) }

var messageStream = strings.Repeat(jsonMessage+"\n", 1500)

func countForEver(w http.ResponseWriter, r *http.Request) {
	decoder, count := json.NewDecoder(strings.NewReader(messageStream)), 0
	for {
		var message kindMessage
		err := decoder.Decode(&message)
		if err == io.EOF {
			break
		}
		if err != nil {
			continue
		}
		count++
	}
	fmt.Fprintln(w, count)
}

func countToTheEnd(w http.ResponseWriter, r *http.Request) {
	decoder, count := json.NewDecoder(strings.NewReader(messageStream)), 0
	for {
		var message kindMessage
		err := decoder.Decode(&message)
		if err == io.EOF {
			break
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		count++
	}
	fmt.Fprintln(w, count)
}
