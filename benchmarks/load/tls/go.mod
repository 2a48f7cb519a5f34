module tlstarget

go 1.24
