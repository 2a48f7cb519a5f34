package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// pageTree is a folder of 400 empty pages beside this program, made when first asked for.
var pageTree = sync.OnceValue(func() string {
	program, err := os.Executable()
	if err != nil {
		panic(err)
	}
	root := filepath.Join(filepath.Dir(program), fmt.Sprint("pages-", os.Getpid()))
	if err := os.MkdirAll(root, 0o755); err != nil {
		panic(err)
	}
	for i := range 400 {
		if err := os.WriteFile(filepath.Join(root, fmt.Sprint("page-", i)), nil, 0o600); err != nil {
			panic(err)
		}
	}
	return root
})
