package main

import (
	"fmt"
	"net/http"
	"regexp"
)

func init() { register("HW401", checkNames, checkNamesOnce) }

func validName(name string) bool {
	return regexp.MustCompile(`^[a-z][a-z0-9-]{2,30}$`).MatchString(name)
}

func checkNames(w http.ResponseWriter, r *http.Request) {
	valid := 0
	for i := range 20 {
		if validName(fmt.Sprint("user-", i)) {
			valid++
		}
	}
	fmt.Fprintln(w, valid)
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{2,30}$`)

func checkNamesOnce(w http.ResponseWriter, r *http.Request) {
	valid := 0
	for i := range 20 {
		if namePattern.MatchString(fmt.Sprint("user-", i)) {
			valid++
		}
	}
	fmt.Fprintln(w, valid)
}
