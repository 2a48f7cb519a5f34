package fixtures

// counted has a key for each word, not for each occurrence.
func counted(words []string) map[string]int {
	times := make(map[string]int)
	for _, word := range words {
		times[word]++
	}
	weights := make(map[string]int)
	for _, word := range words {
		weights[word] = weights[word] + len(word)
	}
	return times
}

// grouped has a key for each group.
func grouped(words []string) map[byte][]string {
	groups := make(map[byte][]string)
	for _, word := range words {
		groups[word[0]] = append(groups[word[0]], word)
	}
	return groups
}

// distinct is made to drop what comes twice.
func distinct(words []string) int {
	seen := map[string]bool{}
	for _, word := range words {
		seen[word] = true
	}
	marks := make(map[string]struct{})
	for _, word := range words {
		marks[word] = struct{}{}
	}
	return len(seen) + len(marks)
}

// few entries fit into what every map starts with.
func few() map[string]int {
	ranks := make(map[string]int)
	for i, name := range []string{"low", "mid", "high"} {
		ranks[name] = i
	}
	return ranks
}

// some sets entries in some rounds only.
func some(names []string, wanted func(string) bool) map[string]int {
	at := make(map[string]int)
	for i, name := range names {
		if wanted(name) {
			at[name] = i
		}
	}
	return at
}

// drained comes from where no length is known.
func drained(names chan string) map[string]int {
	lengths := make(map[string]int)
	for name := range names {
		lengths[name] = len(name)
	}
	return lengths
}

// slots is no map.
func slots(names []string) []int {
	lengths := make([]int, len(names))
	for i, name := range names {
		lengths[i] = len(name)
	}
	return lengths
}
