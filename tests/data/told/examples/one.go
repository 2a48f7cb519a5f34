// Package examples shows how a service is written.
package examples

import "regexp"

func valid(name string) bool {
	return regexp.MustCompile(`^[a-z]+$`).MatchString(name) // untold HW401
}
