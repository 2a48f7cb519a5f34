// Command fixed reads a file of orders, which is one JSON array: its bracket, then order by order.
// It prints how many orders it has read.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
)

type order struct {
	ID    int64 `json:"id"`
	Cents int64 `json:"cents"`
}

func count(orders io.Reader) (n int, err error) {
	decoder := json.NewDecoder(orders)
	if _, err := decoder.Token(); err != nil {
		return 0, err
	}
	for decoder.More() {
		var each order
		if err := decoder.Decode(&each); err != nil {
			return n, err
		}
		n++
	}
	_, err = decoder.Token()
	return n, err
}

func main() {
	n, err := count(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n)
}
