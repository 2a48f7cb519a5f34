package fixtures

import (
	"errors"
	"fmt"
	"net"
)

type state int

func (s state) String() string { return "state" }

type named string

// spoken values make their own text.
func spoken(user string, err error, s state, a net.Addr, n named) []string {
	return []string{
		fmt.Sprintf("%s: %v", user, err),
		fmt.Sprintf("%s is %s", user, s),
		fmt.Sprintf("%s at %s", user, a),
		fmt.Sprintf("%s=%s", user, n),
	}
}

// shaped is more than joining.
func shaped(user string, n int, share float64) []string {
	return []string{
		fmt.Sprintf("%-20s|", user),
		fmt.Sprintf("%q=%s", user, user),
		fmt.Sprintf("%s %.1f", user, share),
		fmt.Sprintf("%s%03d", user, n),
		fmt.Sprintf("%[2]s%[1]s", user, user),
	}
}

// numbers cost as much as text as they cost as copies.
func numbers(from, to, size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", from, to, size)
}

func broken(user string) error {
	if user == "" {
		panic(fmt.Sprintf("user %s%s", user, user))
	}
	return errors.New("no " + user + " here")
}

type missing struct{ name string }

func (m missing) Error() string { return fmt.Sprintf("%s is missing", m.name) }

func wrapped(name string) error { return errors.New(fmt.Sprintf("%s is missing", name)) }
