module flagservice

go 1.21

require github.com/go-chi/chi v3.3.4+incompatible
