module articles

go 1.24
