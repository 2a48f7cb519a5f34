package remedies

import (
	"io/fs"
	"path/filepath"
	"testing"
)

// what: count the regular files in a tree of 1,021 entries with filepath.WalkDir
func BenchmarkHW706(b *testing.B) {
	root := folders(b)
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			found = 0
			filepath.WalkDir(root, func(_ string, entry fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				info, err := entry.Info()
				if err == nil && info.Mode().IsRegular() {
					found++
				}
				return err
			})
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			found = 0
			filepath.WalkDir(root, func(_ string, entry fs.DirEntry, err error) error {
				if err == nil && entry.Type().IsRegular() {
					found++
				}
				return err
			})
		}
	})
}
