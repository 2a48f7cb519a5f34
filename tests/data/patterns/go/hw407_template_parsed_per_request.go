package main

import (
	"html/template"
	"net/http"
)

func init() { register("HW407", parsedPage, keptPage) }

const pageTemplate = `<h1>{{.Title}}</h1><ul class="{{.Title}}">{{range .Items}}<li>{{.}}</li>{{end}}</ul>`

type pageData struct {
	Title string
	Items []string
}

func parsedPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	for range 20 {
		page := template.Must(template.New("page").Parse(pageTemplate))
		if err := page.Execute(w, &pageData{"Title", nil}); err != nil {
			return
		}
	}
}

var pageOnce = template.Must(template.New("page").Parse(pageTemplate))

func keptPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	for range 20 {
		if err := pageOnce.Execute(w, &pageData{"Title", nil}); err != nil {
			return
		}
	}
}
