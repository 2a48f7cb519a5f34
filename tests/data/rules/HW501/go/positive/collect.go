package fixtures

type user struct {
	id   int
	name string
}

type store struct{ users map[int]user }

func ids(users []user) []int {
	found := []int{}
	for _, each := range users {
		found = append(found, each.id) // want HW501
	}
	return found
}

func (s *store) names() []string {
	var names []string
	for _, each := range s.users {
		names = append(names, each.name) // want HW501
	}
	return names
}

func copies(users []user) ([]*user, error) {
	out := make([]*user, 0)
	for i := range users {
		each := users[i]
		if each.id < 0 {
			return nil, errNegative
		}
		out = append(out, &each) // want HW501
	}
	return out, nil
}

func numbers(n int) []int {
	squares := []int{}
	for i := 0; i < n; i++ {
		squares = append(squares, i*i) // want HW501
	}
	return squares
}

func upTo(n int) (all []int) {
	var odd []int
	for i := range n {
		odd = append(odd, 2*i+1) // want HW501
	}
	return odd
}

type negative struct{}

func (negative) Error() string { return "negative" }

var errNegative error = negative{}
