module example.org/remedies

go 1.24
