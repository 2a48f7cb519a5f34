package fixtures

import (
	"html/template"
	"io"
	"net/http"
	"net/url"
	"sync"
	tt "text/template"
	"time"
)

// What the caller gives may differ each time.
func compile(name, body string) (*tt.Template, error) {
	return tt.New(name).Parse(body)
}

// Done when the service starts.
func load(folder string) (*template.Template, error) {
	return template.ParseGlob(folder + "/*.html")
}

func loadAll() (*template.Template, error) {
	return template.ParseFiles("page.html")
}

var lazily = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(`{{.}}`))
})

type site struct {
	dev  bool
	page *template.Template
}

func (s *site) show(w http.ResponseWriter, r *http.Request) {
	page := s.page
	if s.dev {
		page = template.Must(template.ParseFiles("page.html"))
	}
	page.Execute(w, nil)
}

// Its function knows the request.
func localised(w http.ResponseWriter, r *http.Request) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"path": func() string { return r.URL.Path },
	}).Parse(`{{path}}`)
	if err == nil {
		t.Execute(w, nil)
	}
}

// How often it runs nobody knows here.
func version(w io.Writer) error {
	return tt.Must(tt.New("version").Parse("{{.}}\n")).Execute(w, "1.0")
}

// Other things are parsed as well.
func link(w http.ResponseWriter, r *http.Request) {
	u, _ := url.Parse("https://example.org/")
	d, _ := time.Parse(time.DateOnly, "2026-11-21")
	http.Redirect(w, r, u.String()+d.String(), http.StatusFound)
}

func main() {
	t := template.Must(template.New("page").Parse(`{{.}}`))
	t.Execute(nil, nil)
}
