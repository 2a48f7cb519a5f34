// Package process makes what it returns, once.
package process

import "slices"

func process(data []byte) []byte {
	return slices.Clone(data)
}
