package fixtures

import "strings"

func key(prefix, id string) string {
	var sb strings.Builder
	sb.Grow(len(prefix) + 1 + len(id))
	sb.WriteString(prefix)
	sb.WriteByte(':')
	sb.WriteString(id)
	return sb.String()
}
