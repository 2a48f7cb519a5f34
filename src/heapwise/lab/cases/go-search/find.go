package main

import (
	"io/fs"
	"os"
	"path/filepath"
)

// filesByStat calls handle for every regular file below a directory, and asks the system about each
// entry on the way.
func filesByStat(root string, handle func(path string) error) error {
	return filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.IsDir() {
			return nil
		}
		return handle(path)
	})
}

// filesByDirs does the same by what the directories say of their entries.
func filesByDirs(root string, handle func(path string) error) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return nil
		}
		return handle(path)
	})
}
