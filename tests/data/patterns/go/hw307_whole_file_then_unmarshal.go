package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
)

func init() { register("HW307", countWhole, countOneByOne) }

var messageFile = sync.OnceValues(func() (string, error) {
	file, err := os.CreateTemp("", "heapwise-pattern-*.json")
	if err != nil {
		return "", err
	}
	defer file.Close()
	_, err = file.WriteString("[" + strings.Repeat(jsonMessage+",", 499) + jsonMessage + "]")
	return file.Name(), err
})

func clicksWhole(name string) (clicks int, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	var messages []kindMessage
	if err := json.Unmarshal(data, &messages); err != nil {
		return 0, err
	}
	for _, message := range messages {
		if message.Kind == "click" {
			clicks++
		}
	}
	return clicks, nil
}

func countWhole(w http.ResponseWriter, r *http.Request) { answerClicks(w, clicksWhole) }

func clicksOneByOne(name string) (clicks int, err error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	if _, err := decoder.Token(); err != nil {
		return 0, err
	}
	for decoder.More() {
		var message kindMessage
		if err := decoder.Decode(&message); err != nil {
			return 0, err
		}
		if message.Kind == "click" {
			clicks++
		}
	}
	_, err = decoder.Token()
	return clicks, err
}

func countOneByOne(w http.ResponseWriter, r *http.Request) { answerClicks(w, clicksOneByOne) }

func answerClicks(w http.ResponseWriter, count func(string) (int, error)) {
	name, err := messageFile()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	clicks, err := count(name)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, clicks)
}
