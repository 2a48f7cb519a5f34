// Package helpers is for tests, as its import says.
package helpers

import (
	"regexp"
	"testing"
)

func valid(t *testing.T, name string) {
	if !regexp.MustCompile(`^[a-z]+$`).MatchString(name) { // untold HW401
		t.Error(name)
	}
}
