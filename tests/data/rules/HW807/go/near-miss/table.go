package fixtures

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"
)

type state int

func (s state) String() string { return "state" }

// once writes a line, not one in every round.
func once(w io.Writer, size int) {
	fmt.Fprintf(w, "%d\n", size)
}

// few is a loop of a few rounds.
func few(w io.Writer, size int) {
	for i := range 3 {
		fmt.Fprintf(w, "%d %d\n", i, size)
	}
}

// free values are never copied: constants, bools, pointers, bytes.
func free(w io.Writer, flags []bool, digits []byte) {
	for _, flag := range flags {
		fmt.Fprintf(w, "%s=%t\n", "flag", flag)
	}
	for _, digit := range digits {
		fmt.Fprintf(w, "%d\n", digit)
	}
	for _, flag := range flags {
		fmt.Fprintf(w, "%p\n", &flag)
	}
}

// shaped values need a format.
func shaped(w io.Writer, sizes []int, shares []float64) {
	for _, size := range sizes {
		fmt.Fprintf(w, "%8d\n", size)
	}
	for _, share := range shares {
		fmt.Fprintf(w, "%.2f\n", share)
	}
}

// spoken values make their own text.
func spoken(w io.Writer, states []state, waits []time.Duration, err error) {
	for _, each := range states {
		fmt.Fprintf(w, "%s\n", each)
	}
	for _, wait := range waits {
		fmt.Fprintf(w, "%v\n", wait)
	}
	for range waits {
		fmt.Fprintf(w, "%v\n", err)
	}
}

// terminal is for eyes, which are slower.
func terminal(sizes []int) {
	for i, size := range sizes {
		fmt.Fprintf(os.Stderr, "%d: %d\n", i, size)
		log.Printf("%d: %d", i, size)
	}
}

// template is a sentence with a number in it, and words are no rows of numbers.
func template(w io.Writer, sizes []int, names []string) {
	for _, size := range sizes {
		fmt.Fprintf(w, "<td><div style=\"width:%dpx\"></div></td>\n", size)
	}
	for _, name := range names {
		fmt.Fprintf(w, "%s\n", name)
	}
}

// numbered counts rounds, which are small numbers most of the time.
func numbered(w io.Writer, names []string) {
	for i, name := range names {
		fmt.Fprintf(w, "%d %s\n", i, name)
	}
	for i := 0; i < len(names); i++ {
		fmt.Fprintf(w, "%d\n", i)
	}
}

// refused leaves with the first that it writes.
func refused(w io.Writer, sizes []int) error {
	for i, size := range sizes {
		if size < 0 {
			fmt.Fprintf(w, "%d: %d\n", i, size)
			return errors.New("refused")
		}
	}
	return nil
}

// logInt and its like are no remedy: the copy is made one call later.
func logInt(name string, n int) {
	log.Printf("%s=%d", name, n)
}

// started hands each item to its goroutine, which costs more than capturing it would.
func started(items []int, each func(int)) {
	for _, item := range items {
		go func(item int) { each(item) }(item)
	}
}
