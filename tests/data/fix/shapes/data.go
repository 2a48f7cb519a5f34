package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func sized(names []string) []int {
	var sizes []int
	for _, name := range names {
		sizes = append(sizes, len(name))
	}
	return sizes
}

func copied(names []string) []string {
	all := []string{}
	for _, name := range names {
		all = append(all, name)
	}
	return all
}

func places(names []string) map[string]int {
	at := map[string]int{}
	for i, name := range names {
		at[name] = i
	}
	return at
}

type sizedName struct {
	name string
	size int
}

func longest(names []string) string {
	all := make([]*sizedName, 0, len(names))
	for _, name := range names {
		all = append(all, &sizedName{name, len(name)})
	}
	best := ""
	for _, each := range all {
		if each.size > len(best) {
			best = each.name
		}
	}
	return best
}

type order struct {
	ID   int `json:"id,omitempty"`
	Name string
	Tags []string
	At   *order
}

func sent(o order) string {
	data, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

func sentPointed(o *order) string {
	data, _ := json.MarshalIndent(*o, "", " ")
	return string(data)
}

func sum(rows string) string {
	reader := csv.NewReader(strings.NewReader(rows))
	total := 0
	for {
		record, err := reader.Read()
		if err == io.EOF {
			return strconv.Itoa(total)
		}
		if err != nil {
			return err.Error()
		}
		n, _ := strconv.Atoi(record[1])
		total += n
	}
}

func logged(name string, size int, err error) string {
	var out bytes.Buffer
	untimed := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	log := slog.New(slog.NewJSONHandler(&out, untimed))
	for range 2 {
		log.Info("seen", "name", name, "size", size, "big", size > 9)
		log.WarnContext(context.Background(), "kept", "name", name, "error", err)
	}
	return out.String()
}

func walked(root string) (found []string) {
	filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.IsDir() && strings.HasPrefix(info.Name(), "_") {
			return fs.SkipDir
		}
		if info.Mode().IsRegular() && filepath.Ext(path) == ".mod" {
			found = append(found, path)
		}
		return nil
	})
	return found
}
