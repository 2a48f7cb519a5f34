package fixtures

import (
	"html/template"
	"io"
	"net/http"
	tt "text/template"
)

const layout = `<h1>{{.}}</h1>`

func page(w http.ResponseWriter, r *http.Request) {
	t := template.Must(template.ParseFiles("page.html", "base.html")) // want HW407
	t.Execute(w, r.URL.Path)
}

func inline(w http.ResponseWriter, r *http.Request) {
	t, err := template.New("page").Option("missingkey=error").Parse(layout) // want HW407
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	t.Execute(w, r.URL.Path)
}

func mails(w io.Writer, names []string) error {
	for _, name := range names {
		mail := tt.Must(tt.New("mail").Parse("Dear {{.}},\n")) // want HW407
		if err := mail.Execute(w, name); err != nil {
			return err
		}
	}
	return nil
}
