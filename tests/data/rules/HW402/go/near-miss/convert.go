package fixtures

import (
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"
)

type id int

func (i id) String() string { return "id" }

var started = fmt.Sprintf("%d", os.Getpid())

func init() {
	log.SetPrefix(fmt.Sprintf("%d", os.Getpid()))
}

// words that values make of themselves are fmt's business.
func words(address net.Addr, err error, i id, d time.Duration) []string {
	return []string{
		fmt.Sprintf("%s", address),
		fmt.Sprintf("%v", err),
		fmt.Sprintf("%s", i),
		fmt.Sprint(d),
	}
}

// shapes are more than a conversion.
func shapes(n int, f float64, big *big.Int, list []int) []string {
	return []string{
		fmt.Sprintf("%05d", n),
		fmt.Sprintf("%.2f", f),
		fmt.Sprintf("%c", n),
		fmt.Sprintf("%q", n),
		fmt.Sprintf("%d", big),
		fmt.Sprintf("%d", list),
		fmt.Sprintf("%d%%", n),
	}
}

func must(n int) {
	if n < 0 {
		panic(fmt.Sprintf("%d", n))
	}
	log.Fatal(fmt.Sprint(n))
}

type printer struct{}

func (printer) Sprintf(format string, values ...any) string { return format }

func shadow(n int) string {
	var fmt printer
	return fmt.Sprintf("%d", n)
}

// switched has another type in each case.
func switched(n int, value any) string {
	switch n := value.(type) {
	case error, []int:
		return fmt.Sprint(n)
	}
	return ""
}

func generic[T any](value T) string { return fmt.Sprint(value) }

const emptyAnswer = "{}"

// empty has a length that the compiler knows.
func empty(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", fmt.Sprint(len(emptyAnswer)))
	fmt.Fprint(w, emptyAnswer)
}
