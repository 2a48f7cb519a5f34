package fixtures

import (
	"html/template"
	"net/http"
)

var layout = template.Must(template.New("page").Parse(`<h1>{{.}}</h1>`))

func page(w http.ResponseWriter, r *http.Request) {
	layout.Execute(w, r.URL.Path)
}
