package main

import (
	"encoding/json"
	"net/http"
)

func init() { register("HW301", showUsersAsMaps, showUsersAsStructs) }

type shownUser struct {
	Active bool   `json:"active"`
	Email  string `json:"email"`
	ID     int64  `json:"id"`
	Name   string `json:"name"`
}

func userAsMap(id int64, name, email string) ([]byte, error) {
	return json.Marshal(map[string]any{"id": id, "name": name, "email": email, "active": id%2 == 0})
}

func showUsersAsMaps(w http.ResponseWriter, r *http.Request) {
	for id := range int64(200) {
		data, err := userAsMap(id+1000, "Ada Lovelace", "ada@example.org")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Write(data)
	}
}

func userAsStruct(id int64, name, email string) ([]byte, error) {
	return json.Marshal(&shownUser{Active: id%2 == 0, Email: email, ID: id, Name: name})
}

func showUsersAsStructs(w http.ResponseWriter, r *http.Request) {
	for id := range int64(200) {
		data, err := userAsStruct(id+1000, "Ada Lovelace", "ada@example.org")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Write(data)
	}
}
