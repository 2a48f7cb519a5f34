package fixtures

type line struct {
	name  string
	price int
}

func total(prices map[string]int) (sum int) {
	lines := make([]line, 0, len(prices))
	for name, price := range prices {
		lines = append(lines, line{name, price})
	}
	for _, each := range lines {
		sum += each.price
	}
	return sum
}
