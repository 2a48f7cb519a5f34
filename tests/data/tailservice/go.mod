module example.com/tailservice

go 1.21
