package fixtures

import "strings"

func csv(names []string) string {
	var text strings.Builder
	for _, name := range names {
		text.WriteString(name)
		text.WriteString("\n")
	}
	return text.String()
}

func joined(names []string) string { return strings.Join(names, ", ") }
