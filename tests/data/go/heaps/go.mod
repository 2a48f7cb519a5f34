module heapwise.test/heaps

go 1.22
