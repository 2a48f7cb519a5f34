package fixtures

import "slices"

func ids(numbers []int) []int {
	found := make([]int, 0, len(numbers))
	for _, each := range numbers {
		found = append(found, each)
	}
	return found
}

func doubles(numbers []int) []int {
	found := make([]int, len(numbers))
	for i, each := range numbers {
		found[i] = 2 * each
	}
	return found
}

func grown(numbers []int) []int {
	var found []int
	found = slices.Grow(found, len(numbers))
	for _, each := range numbers {
		found = append(found, each)
	}
	return found
}
