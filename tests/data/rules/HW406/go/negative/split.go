package fixtures

import "strings"

func host(address string) string {
	name, _, _ := strings.Cut(address, ":")
	return name
}
