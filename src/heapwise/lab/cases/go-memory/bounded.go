package main

import "container/list"

// overhead is about what an entry costs beside its page and its path: list element, map slot,
// headers of string and slice.
const overhead = 160

// entry is a page that is kept.
type entry struct {
	path string
	page []byte
}

func (e *entry) weight() int { return len(e.path) + cap(e.page) + overhead }

// latest keeps the pages that were asked for last, as many as there is room for, in bytes.
type latest struct {
	room    int
	order   *list.List // of *entry, the last one asked for in front
	entries map[string]*list.Element
}

func keepingBytes(room int) *latest {
	return &latest{room: room, order: list.New(), entries: map[string]*list.Element{}}
}

func (l *latest) get(path string) ([]byte, bool) {
	element, kept := l.entries[path]
	if !kept {
		return nil, false
	}
	l.order.MoveToFront(element)
	return element.Value.(*entry).page, true
}

func (l *latest) put(path string, page []byte) {
	added := &entry{path, page}
	l.entries[path] = l.order.PushFront(added)
	l.room -= added.weight()
	for l.room < 0 {
		oldest := l.order.Remove(l.order.Back()).(*entry)
		delete(l.entries, oldest.path)
		l.room += oldest.weight()
	}
}
