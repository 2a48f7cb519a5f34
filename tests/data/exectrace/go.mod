module heapwise.test/exectrace

go 1.19
