package fixtures

import (
	"bytes"
	"strconv"
)

func encode(b []byte, at int64) []byte { return strconv.AppendInt(b, at, 10) }

func write(out *bytes.Buffer, at int64) {
	out.Write(strconv.AppendInt(out.AvailableBuffer(), at, 10))
}
