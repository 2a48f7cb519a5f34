package fixtures

type user struct {
	id   int
	name string
}

func byID(users []*user) map[int]*user {
	found := make(map[int]*user)
	for _, each := range users {
		found[each.id] = each // want HW502
	}
	return found
}

func places(names []string) map[string]int {
	at := map[string]int{}
	for i, name := range names {
		at[name] = i // want HW502
	}
	return at
}

func copied(users map[int]user) map[int]string {
	names := make(map[int]string)
	for id, each := range users {
		names[id] = each.name // want HW502
	}
	return names
}
