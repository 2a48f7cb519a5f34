package fixtures

import (
	"regexp"
	"sync"
)

type filter struct{ pattern *regexp.Regexp }

// newFilter compiles what its caller gives: it cannot be a package variable.
func newFilter(pattern string) (*filter, error) {
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	return &filter{compiled}, nil
}

var lazily = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[a-z]+`)
})

func init() {
	word := regexp.MustCompile(`[a-z]+`)
	_ = word.MatchString("word")
}
