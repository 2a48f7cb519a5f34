package main

import (
	"encoding/json"
	"fmt"
	"net/http"
)

func init() { register("HW302", decodeUntyped, decodeTyped) }

const jsonMessage = `{"id":"u-18273","time":"2026-11-21T10:00:00Z","kind":"click",` +
	`"data":{"page":"/index","button":"buy","x":120,"y":431},"meta":{"agent":"Mozilla","lang":"en"}}`

func untypedKind(data []byte) (string, error) {
	var message map[string]any
	if err := json.Unmarshal(data, &message); err != nil {
		return "", err
	}
	kind, _ := message["kind"].(string)
	return kind, nil
}

func decodeUntyped(w http.ResponseWriter, r *http.Request) { answerKinds(w, untypedKind) }

type kindMessage struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
}

func typedKind(data []byte) (string, error) {
	var message kindMessage
	err := json.Unmarshal(data, &message)
	return message.Kind, err
}

func decodeTyped(w http.ResponseWriter, r *http.Request) { answerKinds(w, typedKind) }

func answerKinds(w http.ResponseWriter, kindOf func([]byte) (string, error)) {
	data, clicks := []byte(jsonMessage), 0
	for range 100 {
		kind, err := kindOf(data)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if kind == "click" {
			clicks++
		}
	}
	fmt.Fprintln(w, clicks)
}
