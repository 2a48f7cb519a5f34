package fixtures

import (
	"net/http"
	re "regexp"
)

type server struct{}

func (s *server) page(w http.ResponseWriter, r *http.Request) {
	id := re.MustCompile(`^/users/(\d+)$`).FindStringSubmatch(r.URL.Path) // want HW401
	if id == nil {
		http.NotFound(w, r)
	}
}

func slug(title string) string {
	spaces, err := re.Compile("\\s+") // want HW401
	if err != nil {
		return title
	}
	return spaces.ReplaceAllString(title, "-")
}
