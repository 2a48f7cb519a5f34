// Compiling in main is said to cost 10 to 30 ms: it costs microseconds, once.
package claims

import (
	"fmt"
	"os"
	"regexp"
)

func main() {
	pattern := regexp.MustCompile(os.Args[1])
	fmt.Println(pattern.MatchString(os.Args[2]))
}
