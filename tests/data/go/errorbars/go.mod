module heapwise.test/errorbars

go 1.22
