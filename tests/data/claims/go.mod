module claims

go 1.24
