module compressors

go 1.21
