package fixtures

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func pages(root string) ([]string, error) {
	var found []string
	err := filepath.Walk(root, func(path string, info os.FileInfo, err error) error { // want HW705
		if err != nil {
			return err
		}
		if info.IsDir() && strings.HasPrefix(info.Name(), ".") {
			return filepath.SkipDir
		}
		if info.Mode().IsRegular() && filepath.Ext(path) == ".html" {
			found = append(found, path)
		}
		return nil
	})
	return found, err
}

func links(root string) (n int) {
	count := func(mode fs.FileMode) {
		n++
	}
	filepath.Walk(root, func(_ string, info fs.FileInfo, _ error) error { // want HW705
		if info != nil {
			return nil
		}
		count(0)
		return nil
	})
	filepath.Walk(root, func(_ string, info fs.FileInfo, _ error) error { // want HW705
		if info.Mode()&os.ModeSymlink != 0 {
			n++
		}
		return nil
	})
	return n
}

var seen int

func visit(path string, _ os.FileInfo, err error) error {
	seen++
	return err
}

func all(root string) error {
	return filepath.Walk(root, visit) // want HW705
}
