package fixtures

import (
	"strings"
	"sync"
)

var builderPool = sync.Pool{New: func() any { return new(strings.Builder) }}

func key(prefix, id string) string {
	sb := builderPool.Get().(*strings.Builder) // want HW608
	defer builderPool.Put(sb)
	sb.Reset()
	sb.WriteString(prefix)
	sb.WriteByte(':')
	sb.WriteString(id)
	return sb.String()
}
