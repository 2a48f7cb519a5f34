package fixtures

import (
	"bufio"
	"io"
	"iter"
	"strings"
)

// few elements fit where the first ones do.
func few(a, b, c string) []string {
	var found []string
	for _, each := range []string{a, b, c} {
		found = append(found, strings.ToUpper(each))
	}
	for i := 0; i < 4; i++ {
		found = append(found, a)
	}
	return found
}

func fixed(days [7]string) []string {
	var found []string
	for _, day := range days {
		found = append(found, strings.ToUpper(day))
	}
	return found
}

// filtered does not know how many will stay.
func filtered(numbers []int) []int {
	var found []int
	for _, each := range numbers {
		if each > 0 {
			found = append(found, each)
		}
	}
	var rest []int
	for _, each := range numbers {
		if each > 0 {
			continue
		}
		rest = append(rest, each)
	}
	var head []int
	for _, each := range numbers {
		if each < 0 {
			break
		}
		head = append(head, each)
	}
	return append(append(found, rest...), head...)
}

// unknown lengths: what is read, received or generated.
func unknown(r io.Reader, c chan int, seq iter.Seq[int]) []int {
	var sizes []int
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		sizes = append(sizes, len(scanner.Bytes()))
	}
	var received []int
	for each := range c {
		received = append(received, each)
	}
	var generated []int
	for each := range seq {
		generated = append(generated, each)
	}
	return append(append(sizes, received...), generated...)
}

// flat has as many elements as its rows together.
func flat(rows [][]int) []int {
	var all []int
	for _, row := range rows {
		for _, cell := range row {
			all = append(all, cell)
		}
	}
	var spread []int
	for _, row := range rows {
		spread = append(spread, row...)
	}
	return append(all, spread...)
}

// reused has room from the time before.
func reused(buffer []int, numbers []int) []int {
	found := buffer[:0]
	for _, each := range numbers {
		found = append(found, each)
	}
	var chunk []int
	for _, each := range numbers {
		chunk = append(chunk, each)
		if len(chunk) == 100 {
			chunk = chunk[:0]
		}
	}
	return append(found, chunk...)
}

// two adds before the loop and twice in it.
func two(numbers []int) []int {
	var found []int
	found = append(found, 0)
	for _, each := range numbers {
		found = append(found, each)
	}
	var pairs []int
	for _, each := range numbers {
		pairs = append(pairs, each)
		pairs = append(pairs, -each)
	}
	return append(found, pairs...)
}
