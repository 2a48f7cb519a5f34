// Every + is said to allocate: the whole expression allocates once.
package claims

func key(prefix, id, suffix string) string {
	return prefix + ":" + id + ":" + suffix
}
