module told

go 1.24
