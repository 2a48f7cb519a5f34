// A pool of Builders is said to save their buffers: Reset drops them.
package claims

import (
	"strings"
	"sync"
)

var builders = sync.Pool{New: func() any { return new(strings.Builder) }}

func key(prefix, id string) string {
	b := builders.Get().(*strings.Builder) // want HW608
	defer builders.Put(b)
	b.Reset()
	b.WriteString(prefix)
	b.WriteString(id)
	return b.String()
}
