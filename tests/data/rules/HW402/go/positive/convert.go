package fixtures

import (
	f "fmt"
	"strconv"
	"strings"
)

type order struct {
	id     int64
	number uint32
	name   string
	paid   bool
}

func (o *order) keys() []string {
	return []string{
		f.Sprintf("%d", o.id),     // want HW402
		f.Sprintf("%d", o.number), // want HW402
		f.Sprint(o.number),        // want HW402
		f.Sprintf("%s", o.name),   // want HW402
		f.Sprintf("%v", o.paid),   // want HW402
		f.Sprintf("%x", o.id),     // want HW402
	}
}

func count(names []string) string {
	return f.Sprintf("%d", len(names)) // want HW402
}

func plain(value any) string {
	switch v := value.(type) {
	case int:
		return f.Sprint(v) // want HW402
	case string:
		return f.Sprintf("%s", v+"!")[1:] // want HW402
	}
	return ""
}

func parsed(text string) string {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return ""
	}
	return f.Sprintf("%d", n+1) // want HW402
}

type status interface{ Code() int }

// unknown is what only a compiler can tell to be an integer.
func unknown(s status) string {
	return f.Sprintf("%d", s.Code()) // want HW402
}
