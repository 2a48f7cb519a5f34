// Package pages takes the word of the directory.
package pages

import (
	"io/fs"
	"path/filepath"
)

func pages(root string) (found []string, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() && filepath.Ext(path) == ".html" {
			found = append(found, path)
		}
		return nil
	})
	return found, err
}
