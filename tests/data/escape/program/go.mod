module example.org/escapes

go 1.21
