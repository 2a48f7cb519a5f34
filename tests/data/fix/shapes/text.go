package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

func numbers(a int, b int64, c int8, d uint16, e uint64) []string {
	return []string{
		fmt.Sprintf("%d", a), fmt.Sprint(b), fmt.Sprintf("%v", c), fmt.Sprintf("%x", d),
		fmt.Sprintf("%d", e), fmt.Sprintf("%x", a), fmt.Sprintf("%o", b), fmt.Sprintf("%b", c),
	}
}

func floats(a float64, b float32) []string {
	return []string{fmt.Sprint(a), fmt.Sprintf("%v", b), fmt.Sprintf("%g", a), fmt.Sprintf("%f", a)}
}

func texts(s string, done bool) []string {
	return []string{
		fmt.Sprintf("%s", s), fmt.Sprint(done), fmt.Sprintf("%t", done), fmt.Sprintf("%v", s+"!")[0:1],
		fmt.Sprintf("%q", s),
	}
}

func quoted(s string) string { return fmt.Sprintf("\"%s\"\t%s%%", s, s) }

func key(tenant string, n int) string { return fmt.Sprintf("%s-%d", tenant, n) }

func path(a, b string) string { return fmt.Sprintf(`/v1/%s/\n%s`, a, b)[1:] }

func digits(b []byte, n int) []byte {
	b = append(b, strconv.Itoa(n)...)
	b = append(b, strconv.FormatInt(int64(n), 36)...)
	return append(b, strconv.Quote("\x00é")...)
}

func page(sizes []int) string {
	var out bytes.Buffer
	for _, size := range sizes {
		out.WriteString(strconv.Itoa(size))
		out.WriteByte('\n')
	}
	return out.String()
}

func entangled(n int) string {
	var out bytes.Buffer
	out.Grow(64)
	for range 2 {
		out.WriteString(strconv.Itoa(marked(&out, n)))
	}
	return out.String()
}

func marked(out *bytes.Buffer, n int) int {
	out.WriteString("<<")
	return n
}

func host(s string) string {
	name := strings.Split(s, ":")[0]
	return name
}

func word(s string) string {
	if first := strings.SplitN(s, "=", 2)[0]; first != "" {
		return first
	}
	return "none"
}

func field(line []byte) []byte {
	first := bytes.Split(line, []byte(":"))[0]
	first = append(first, '!')
	return append(first, line...)
}

func list(names []string) string {
	text := "names:"
	for i, name := range names {
		if i > 0 {
			text += ", "
		}
		text += name
	}
	return text + "."
}

func lines(names []string) (all []string) {
	for range 2 {
		line := ""
		for _, name := range names {
			line += name + ";"
		}
		all = append(all, line, strconv.Itoa(len(line)))
	}
	return all
}

func matches(text string) []bool {
	re := regexp.MustCompile(`^a+$`)
	return []bool{re.MatchString(text), regexp.MustCompile(`(?i)B`).MatchString(text)}
}
