// Command re2 says what Go's regular expressions find. It reads lines of JSON, [pattern, text …], and
// prints a line for each: "error", or one digit per text, 1 where the pattern is found in it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"regexp"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var words []string
		if err := json.Unmarshal(lines.Bytes(), &words); err != nil {
			log.Fatal(err)
		}
		pattern, err := regexp.Compile(words[0])
		if err != nil {
			fmt.Println("error")
			continue
		}
		for _, text := range words[1:] {
			found := 0
			if pattern.MatchString(text) {
				found = 1
			}
			fmt.Print(found)
		}
		fmt.Println()
	}
}
