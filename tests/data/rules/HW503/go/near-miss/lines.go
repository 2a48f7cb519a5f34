package fixtures

import "sort"

type line struct {
	name  string
	price int
}

func (l *line) double() { l.price *= 2 }

type named interface{ Name() string }

func (l *line) Name() string { return l.name }

var kept []*line

// returned goes to somebody who may keep or change what is in it.
func returned(names []string) []*line {
	lines := make([]*line, 0, len(names))
	for _, name := range names {
		lines = append(lines, &line{name: name})
	}
	return lines
}

// changed elements change for everybody who has them.
func changed(names []string) int {
	lines := make([]*line, 0, len(names))
	for _, name := range names {
		lines = append(lines, &line{name: name})
	}
	for _, each := range lines {
		each.price = len(each.name)
	}
	return lines[0].price
}

// called elements may do anything.
func called(names []string) int {
	lines := make([]*line, 0, len(names))
	for _, name := range names {
		lines = append(lines, &line{name: name})
	}
	for _, each := range lines {
		each.double()
	}
	return lines[0].price
}

// stored elements outlive the function.
func stored(names []string) int {
	lines := make([]*line, 0, len(names))
	for _, name := range names {
		lines = append(lines, &line{name: name})
	}
	for _, each := range lines {
		kept = append(kept, each)
	}
	return len(lines)
}

// sorted pointers move faster than structs.
func sorted(names []string) string {
	lines := make([]*line, 0, len(names))
	for _, name := range names {
		lines = append(lines, &line{name: name})
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i].price < lines[j].price })
	return lines[0].name
}

// interfaces need pointers, for the methods are theirs.
func interfaces(names []string) string {
	all := make([]named, 0, len(names))
	for _, name := range names {
		all = append(all, &line{name: name})
	}
	return all[0].Name()
}

// addressed takes the place of a field.
func addressed(names []string) *int {
	lines := make([]*line, 0, len(names))
	for _, name := range names {
		lines = append(lines, &line{name: name})
	}
	return &lines[0].price
}

// few are not worth a line.
func few() int {
	var lines []*line
	for _, name := range []string{"a", "b"} {
		lines = append(lines, &line{name: name})
	}
	return lines[0].price
}
