package fixtures

import "strconv"

func key(id int) string { return strconv.Itoa(id) }

func wide(id uint64) string { return strconv.FormatUint(id, 10) }
