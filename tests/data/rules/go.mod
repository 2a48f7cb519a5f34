module fixtures

go 1.24
