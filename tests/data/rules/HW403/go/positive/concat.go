package fixtures

import (
	"bufio"
	"fmt"
	"io"
)

type row struct {
	name, city string
}

type page struct{ body string }

func csv(rows []row) string {
	text := "name,city\n"
	for _, each := range rows {
		text += each.name + "," + each.city // want HW403
		text += "\n"
	}
	return text
}

func list(names []string) (string, int) {
	var all string
	for i, name := range names {
		if i > 0 {
			all = all + ", " // want HW403
		}
		all += name
	}
	if all == "" {
		all = "nobody"
	}
	return all, len(all)
}

func (p *page) render(rows []row) {
	for _, each := range rows {
		p.body += "<li>" + each.name // want HW403
	}
}

func nested(table [][]string) string {
	out := ""
	for _, cells := range table {
		for _, cell := range cells {
			out += cell // want HW403
		}
	}
	return out
}

func lines(table [][]string, w io.Writer) {
	for _, cells := range table {
		line := ""
		for _, cell := range cells {
			line += cell + ";" // want HW403
		}
		fmt.Fprintln(w, line)
	}
}

func read(r io.Reader) (all string) {
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		all += scanner.Text() // want HW403
	}
	return
}
