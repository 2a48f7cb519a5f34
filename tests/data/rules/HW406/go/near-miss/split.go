package fixtures

import "strings"

// all parts are used, or their number is.
func all(text string) (string, int) {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	counted := strings.Split(text, ";")
	return parts[0], len(counted)
}

// third is what Cut does not give.
func third(text string) string {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) < 3 {
		return parts[0]
	}
	return parts[2]
}

// given may be empty, which means each character to Split and nothing to Cut.
func given(text, separator string) string {
	return strings.Split(text, separator)[0] + strings.Split(text, "")[0]
}

// kept goes to somebody else.
func kept(text string) (string, []string) {
	parts := strings.SplitN(text, "=", 2)
	return parts[0], parts
}

// changed is written to.
func changed(text string) string {
	parts := strings.SplitN(text, "=", 2)
	parts[0] = strings.ToUpper(parts[0])
	return strings.Join(parts, "=")
}

// second asks for a panic where there is none.
func second(text string) string { return strings.Split(text, "=")[1] }

func init() { mode = strings.Split("a,b", ",")[0] }

var mode string
