// Command broken reads a file of orders, which is one JSON array, by a Decoder in a loop. The first
// Decode is given the whole array, fails because that is no order, and has consumed it; the next
// one sees the end. All data is lost, and nothing fails. It prints how many orders it has read.
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

func count(orders io.Reader) (n int) {
	decoder := json.NewDecoder(orders)
	decoder.UseNumber()
	for {
		var each order
		err := decoder.Decode(&each)
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Print(err)
			continue // want HW306
		}
		n++
	}
	return n
}

func main() {
	fmt.Println(count(os.Stdin))
}
