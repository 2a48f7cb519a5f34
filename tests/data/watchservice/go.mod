module watchservice

go 1.24
