package fixtures

import "strings"

// key is one expression: one allocation.
func key(kind, id string) string { return kind + ":" + id }

func path(parts []string) string { return strings.Join(parts, "/") }

func grown(kind, id string) string {
	var b strings.Builder
	b.Grow(len(kind) + len(id) + 1)
	b.WriteString(kind)
	b.WriteString(":")
	b.WriteString(id)
	return b.String()
}
