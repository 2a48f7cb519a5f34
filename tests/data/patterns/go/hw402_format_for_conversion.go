package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
)

func init() { register("HW402", numbersByFormat, numbersByItoa) }

const smallestNumber = 100_000

func formattedNumber(n int) string {
	return fmt.Sprintf("%d", n)
}

func numbersByFormat(w http.ResponseWriter, r *http.Request) {
	for i := range 4000 {
		io.WriteString(w, formattedNumber(smallestNumber+i))
	}
}

func convertedNumber(n int) string {
	return strconv.Itoa(n)
}

func numbersByItoa(w http.ResponseWriter, r *http.Request) {
	for i := range 4000 {
		io.WriteString(w, convertedNumber(smallestNumber+i))
	}
}
