module heapwise.test/profiles

go 1.22
