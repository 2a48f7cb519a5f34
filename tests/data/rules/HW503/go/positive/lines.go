package fixtures

type line struct {
	name  string
	price int
}

func total(prices map[string]int) (sum int) {
	var lines []*line
	for name, price := range prices {
		if price > 0 {
			lines = append(lines, &line{name, price}) // want HW503
		}
	}
	for _, each := range lines {
		sum += each.price
	}
	return sum
}

func first(names []string) string {
	lines := make([]*line, 0, len(names))
	for i, name := range names {
		lines = append(lines, &line{name: name, price: i}) // want HW503
	}
	if len(lines) == 0 {
		return ""
	}
	return lines[0].name
}
