package main

import "testing"

func TestKey(t *testing.T) {
	if got := key(1_234_567); got != "1234567" {
		t.Errorf("key is %q", got)
	}
}

func TestSlug(t *testing.T) {
	if got := slug("A title  of words"); got != "A-title-of-words" {
		t.Errorf("slug is %q", got)
	}
}
