package main

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strconv"
	"strings"
)

func leveled(text string) (string, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return "", err
	}
	w.Name = text
	w.Comment = "c"
	io.WriteString(w, text)
	if err := w.Close(); err != nil {
		return "", err
	}
	return strconv.Quote(out.String()), nil
}

func headless(text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return strconv.Quote(out.String())
}

func flated(text string) (string, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return "", err
	}
	defer w.Close()
	io.WriteString(w, text)
	w.Flush()
	r := flate.NewReader(bytes.NewReader(out.Bytes()))
	defer r.Close()
	part := make([]byte, len(text))
	_, err = io.ReadFull(r, part)
	return string(part), err
}

func zlibbed(text string) (string, error) {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if text == "aab" {
		return "", errors.New("broken")
	}
	io.WriteString(w, text)
	if err := w.Close(); err != nil {
		return "", err
	}
	r, err := zlib.NewReader(&out)
	if err != nil {
		return "", err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	return string(data), err
}

func each(texts []string) (all []string) {
	for _, text := range texts {
		r, err := gzip.NewReader(strings.NewReader(string(packed(text))))
		if err != nil {
			return nil
		}
		data, _ := io.ReadAll(r)
		all = append(all, string(data))
	}
	return all
}

func packed(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return out.Bytes()
}

func unpacked(data []byte) string {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return err.Error()
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
