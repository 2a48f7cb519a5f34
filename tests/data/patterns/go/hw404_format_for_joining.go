package main

import (
	"fmt"
	"io"
	"net/http"
)

func init() { register("HW404", keysByFormat, keysByPlus) }

func formattedKey(tenant, kind, city string) string {
	return fmt.Sprintf("%s:%s:%s;", tenant, kind, city)
}

func keysByFormat(w http.ResponseWriter, r *http.Request) {
	for range 15 {
		for _, city := range cityNames {
			io.WriteString(w, formattedKey(r.Method, r.Proto, city))
		}
	}
}

func joinedKey(tenant, kind, city string) string {
	return tenant + ":" + kind + ":" + city + ";"
}

func keysByPlus(w http.ResponseWriter, r *http.Request) {
	for range 15 {
		for _, city := range cityNames {
			io.WriteString(w, joinedKey(r.Method, r.Proto, city))
		}
	}
}
