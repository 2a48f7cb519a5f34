package fixtures

import (
	"io/fs"
	"os"
	"path/filepath"
)

func regular(folder string) (names []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		info, err := entry.Info() // want HW706
		if err != nil {
			continue
		}
		if info.Mode().IsRegular() {
			names = append(names, info.Name())
		}
	}
	return names, nil
}

func folders(root string) (n int, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info() // want HW706
		if err != nil {
			return err
		}
		if info.IsDir() {
			n++
		}
		return nil
	})
	return n, err
}
