package fixtures

import (
	"archive/zip"
	"os"
	"path/filepath"
	"time"
)

func size(root string) (total int64, err error) {
	err = filepath.Walk(root, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			total += info.Size()
		}
		return err
	})
	return total, err
}

func newest(root string) (at time.Time) {
	filepath.Walk(root, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
		return nil
	})
	return at
}

func writable(root string) (n int) {
	filepath.Walk(root, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o200 != 0 {
			n++
		}
		return nil
	})
	return n
}

func pack(root string, to *zip.Writer) error {
	return filepath.Walk(root, func(_ string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		_, err = zip.FileInfoHeader(info)
		return err
	})
}

// each gives its callers the FileInfo.
func each(root string, visit filepath.WalkFunc) error {
	return filepath.Walk(root, visit)
}

type tree struct{}

func (tree) Walk(root string, visit func(string, os.FileInfo, error) error) error { return nil }

func other(t tree) error {
	return t.Walk("/", func(_ string, info os.FileInfo, _ error) error { return nil })
}
