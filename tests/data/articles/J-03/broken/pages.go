// Package pages walks a tree by Walk, which asks the system about every entry although the
// directory has said already what it is: 2.5 to 4.9 times the time.
package pages

import (
	"os"
	"path/filepath"
)

func pages(root string) (found []string, err error) {
	err = filepath.Walk(root, func(path string, info os.FileInfo, err error) error { // want HW705
		if err != nil {
			return err
		}
		if !info.IsDir() && filepath.Ext(path) == ".html" {
			found = append(found, path)
		}
		return nil
	})
	return found, err
}
