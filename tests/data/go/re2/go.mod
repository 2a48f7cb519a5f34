module heapwise.test/re2

go 1.22
