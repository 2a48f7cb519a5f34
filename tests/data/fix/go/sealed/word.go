// Package sealed has a test that no patch of it can pass.
package sealed

import "regexp"

// Word tells whether something is one.
func Word(text string) bool {
	return regexp.MustCompile(`^[a-z]+$`).MatchString(text)
}
