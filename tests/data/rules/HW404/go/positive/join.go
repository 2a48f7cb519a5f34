package fixtures

import "fmt"

type tenant struct {
	name string
	zone int
}

func key(kind, id string) string {
	return fmt.Sprintf("%s:%s", kind, id) // want HW404
}

func (t tenant) path(kind string) string {
	return fmt.Sprintf("/v1/%s/%s", t.name, kind) // want HW404
}

func (t *tenant) cache() string {
	return fmt.Sprintf("%s-%d", t.name, t.zone) // want HW404
}

func quota(user string) string {
	share := "100%"
	return fmt.Sprintf("%s of %s%%", user, share)[2:] // want HW404
}
