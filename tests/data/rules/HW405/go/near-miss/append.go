package fixtures

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

type sink interface{ WriteString(string) (int, error) }

// text has no room to lend: a Builder, and what nobody knows.
func text(b *strings.Builder, s sink, w io.StringWriter, n int) {
	b.WriteString(strconv.Itoa(n))
	s.WriteString(strconv.Itoa(n))
	w.WriteString(strconv.Itoa(n))
}

// words are kept as strings.
func words(sizes []string, n int) []string {
	return append(sizes, strconv.Itoa(n))
}

// constant is made once, when the program is compiled or the first digits are wanted.
func constant(b []byte) []byte {
	return append(b, strconv.Itoa(80)...)
}

// counted uses what writing returns.
func counted(out *bytes.Buffer, n int) (int, error) {
	return out.WriteString(strconv.Itoa(n))
}

// digits are looked at before they are written.
func digits(out *bytes.Buffer, n int) {
	text := strconv.Itoa(n)
	if len(text) < 3 {
		out.WriteString("0")
	}
	out.WriteString(text)
}
