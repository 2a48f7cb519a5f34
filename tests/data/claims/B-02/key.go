// A Builder is said to be better than +; it is the same, and Sprintf is what costs.
package claims

import "strings"

func key(prefix, id, suffix string) string {
	var b strings.Builder
	b.Grow(len(prefix) + len(id) + len(suffix) + 2)
	b.WriteString(prefix)
	b.WriteByte(':')
	b.WriteString(id)
	b.WriteByte(':')
	b.WriteString(suffix)
	return b.String()
}
