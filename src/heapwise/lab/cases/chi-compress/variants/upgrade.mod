module flagservice

go 1.21

require github.com/go-chi/chi v4.0.2+incompatible
