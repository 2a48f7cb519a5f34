package fixtures

import (
	"io/fs"
	"os"
	"path/filepath"
)

func size(folder string) (total int64) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
	}
	return total
}

func infos(root string) (all []fs.FileInfo) {
	filepath.WalkDir(root, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !info.IsDir() {
			all = append(all, info)
		}
		return err
	})
	return all
}

// gone wants to know whether the entry is still there.
func gone(entry os.DirEntry) bool {
	_, err := entry.Info()
	return err != nil
}

// once asks about one entry, not about each.
func once(entry os.DirEntry) bool {
	info, err := entry.Info()
	return err == nil && info.IsDir()
}

type job struct{ name string }

func (j job) Info() (job, error) { return j, nil }
func (j job) Name() string       { return j.name }

func others(jobs []job) (names []string) {
	for _, each := range jobs {
		info, err := each.Info()
		if err == nil {
			names = append(names, info.Name())
		}
	}
	return names
}
