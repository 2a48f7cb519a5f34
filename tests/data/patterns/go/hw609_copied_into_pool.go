package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

func init() { register("HW609", usersThroughPool, usersAtOnce) }

type pooledAnswer struct{ body []byte }

var pooledAnswers = sync.Pool{New: func() any { return new(pooledAnswer) }}

func someUsers(r *http.Request) []string {
	return []string{r.URL.Path[:6], strings.Repeat("user ", 10_000)}
}

func usersThroughPool(w http.ResponseWriter, r *http.Request) {
	answer := pooledAnswers.Get().(*pooledAnswer)
	defer pooledAnswers.Put(answer)
	data, err := json.Marshal(someUsers(r))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer.body = append(answer.body[:0], data...)
	w.Write(answer.body)
}

func usersAtOnce(w http.ResponseWriter, r *http.Request) {
	data, err := json.Marshal(someUsers(r))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Write(data)
}
