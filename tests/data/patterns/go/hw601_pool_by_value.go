package main

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
)

func init() { register("HW601", digitsByValue, digitsByPointer) }

var digitPool = sync.Pool{New: func() any { return make([]byte, 0, 32) }}

func digitSum(n int) (sum int) {
	digits := digitPool.Get().([]byte)
	digits = strconv.AppendInt(digits[:0], int64(n), 10)
	for _, digit := range digits {
		sum += int(digit - '0')
	}
	digitPool.Put(digits)
	return sum
}

func digitsByValue(w http.ResponseWriter, r *http.Request) {
	sum := 0
	for i := range 10_000 {
		sum += digitSum(i)
	}
	fmt.Fprintln(w, sum)
}

var digitPointers = sync.Pool{New: func() any { b := make([]byte, 0, 32); return &b }}

func digitSumPointer(n int) (sum int) {
	digits := digitPointers.Get().(*[]byte)
	*digits = strconv.AppendInt((*digits)[:0], int64(n), 10)
	for _, digit := range *digits {
		sum += int(digit - '0')
	}
	digitPointers.Put(digits)
	return sum
}

func digitsByPointer(w http.ResponseWriter, r *http.Request) {
	sum := 0
	for i := range 10_000 {
		sum += digitSumPointer(i)
	}
	fmt.Fprintln(w, sum)
}
