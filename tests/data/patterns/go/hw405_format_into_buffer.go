package main

import (
	"net/http"
	"strconv"
)

func init() { register("HW405", digitsCopied, digitsAppended) }

func copiedDigits(b []byte, n int) []byte {
	b = append(b, strconv.Itoa(n)...)
	return append(b, '\n')
}

func digitsCopied(w http.ResponseWriter, r *http.Request) {
	row := make([]byte, 0, 32)
	for i := range 8000 {
		row = copiedDigits(row[:0], 1_000_000_007*i)
		w.Write(row)
	}
}

func appendedDigits(b []byte, n int) []byte {
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, '\n')
}

func digitsAppended(w http.ResponseWriter, r *http.Request) {
	row := make([]byte, 0, 32)
	for i := range 8000 {
		row = appendedDigits(row[:0], 1_000_000_007*i)
		w.Write(row)
	}
}
