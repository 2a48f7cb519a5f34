package fixtures

// key is one expression, and allocates once however many parts it has.
func key(prefix, id, suffix string) string {
	return prefix + ":" + id + ":" + suffix
}

// keys has a new string in every round.
func keys(ids []string) map[string]bool {
	found := map[string]bool{}
	for _, id := range ids {
		text := "user:"
		text += id
		found[text] = true
	}
	return found
}

// total adds numbers.
func total(sizes []int) int {
	sum := 0
	for _, size := range sizes {
		sum += size
	}
	return sum
}

// few is a loop of three rounds.
func few(name string) string {
	for i := 0; i < 3; i++ {
		name += "."
	}
	for _, suffix := range []string{"com", "org"} {
		name += suffix
	}
	return name
}

// once leaves the loop with the first that it adds.
func once(names []string, wanted string) string {
	text := "found "
	for _, name := range names {
		if name == wanted {
			text += name
			break
		}
	}
	return text
}

// fresh starts anew in every round.
func fresh(names []string, each func(string)) {
	var text string
	for _, name := range names {
		text = "user:"
		text += name
		each(text)
	}
}

// after adds when the loop is over.
func after(names []string) string {
	last := ""
	for _, name := range names {
		last = name
	}
	last += "!"
	return last
}

// bytes have room to grow.
func bytes(parts [][]byte) []byte {
	var all []byte
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}
