package main

import (
	"bufio"
	"hash/crc32"
	"os"
	"path/filepath"
	"regexp"
)

// longest is the longest line that a log may have: the 64 KiB of a bufio.Scanner are too few for
// stack traces in one line.
const longest = 1 << 20

// search looks through files one after the other.
type search struct {
	lines   func(s *search, file *os.File) error
	pattern func() *regexp.Regexp
	found   result
	read    int64
	buffer  []byte
}

// file searches a file and adds what it found.
func (s *search) file(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := s.lines(s, file); err != nil {
		return err
	}
	s.found.Files++
	workDone.Add("file", 1)
	return nil
}

// bufferEach searches the lines of a file through a buffer for the longest.
func bufferEach(s *search, file *os.File) error {
	buffer := make([]byte, longest)
	lines := bufio.NewScanner(file)
	lines.Buffer(buffer, longest)
	return s.look(lines, file.Name())
}

// bufferOnce does the same through one buffer for all files: they come one after the other.
func bufferOnce(s *search, file *os.File) error {
	if s.buffer == nil {
		s.buffer = make([]byte, longest)
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(s.buffer, longest)
	return s.look(lines, file.Name())
}

// patternEach compiles the pattern for a file.
func patternEach() *regexp.Regexp {
	return regexp.MustCompile(`(ERROR|FATAL).*timeout after [0-9]+ms`)
}

var compiled = regexp.MustCompile(`(ERROR|FATAL).*timeout after [0-9]+ms`)

// patternOnce gives every file the same pattern.
func patternOnce() *regexp.Regexp {
	return compiled
}

// look counts the lines that are searched for. The sum of their checksums does not depend on the
// order of files.
func (s *search) look(lines *bufio.Scanner, path string) error {
	pattern := s.pattern()
	for lines.Scan() {
		line := lines.Bytes()
		s.read += int64(len(line))
		if pattern.Match(line) {
			s.found.Hits++
			name := crc32.ChecksumIEEE([]byte(filepath.Base(path)))
			s.found.Checksum += crc32.Update(name, crc32.IEEETable, line)
		}
	}
	return lines.Err()
}
