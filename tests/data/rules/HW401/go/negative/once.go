package fixtures

import (
	"net/http"
	"regexp"
)

var user = regexp.MustCompile(`^/users/(\d+)$`)

func page(w http.ResponseWriter, r *http.Request) {
	if !user.MatchString(r.URL.Path) {
		http.NotFound(w, r)
	}
}
