package remedies

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

var found int

// folders makes a tree of 20 folders with 50 empty files each.
func folders(b *testing.B) string {
	root := b.TempDir()
	for i := range 20 {
		folder := filepath.Join(root, fmt.Sprintf("folder-%02d", i))
		if err := os.Mkdir(folder, 0o755); err != nil {
			b.Fatal(err)
		}
		for j := range 50 {
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("page-%02d.html", j)), nil, 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	return root
}

// what: count the regular files in a tree of 1,021 entries
func BenchmarkHW705(b *testing.B) {
	root := folders(b)
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			found = 0
			filepath.Walk(root, func(_ string, info os.FileInfo, err error) error {
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
