package remedies

import (
	"html/template"
	"io"
	"testing"
)

const pageText = `<html><body><h1>{{.Title}}</h1><ul>{{range .Items}}<li>{{.}}</li>{{end}}</ul></body></html>`

// what: execute an html/template of a title and two items
func BenchmarkHW407(b *testing.B) {
	data := map[string]any{"Title": "a title", "Items": []string{"one", "two"}}
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			page := template.Must(template.New("page").Parse(pageText))
			if err := page.Execute(io.Discard, data); err != nil {
				b.Fatal(err)
			}
		}
	})
	page := template.Must(template.New("page").Parse(pageText))
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := page.Execute(io.Discard, data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
