// A function for ints is said to keep them out of interfaces: its body puts them there.
package claims

import "log"

func logInt(name string, value int) {
	log.Printf("%s=%d", name, value)
}

func loaded(users int) { logInt("users", users) }
