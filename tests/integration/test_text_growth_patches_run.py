"""The patches of the rules on text and growth: a program prints the same with and without them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from heapwise.runtimes.go.toolchain import find_go
from support.fixing import GO_MOD, Small, write

pytestmark = pytest.mark.go

CODES = ("HW402", "HW403", "HW404", "HW405", "HW406", "HW501", "HW502", "HW503", "HW808")

PROGRAM = rb"""package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"
)

type row struct {
	id    int64
	small int8
	code  uint16
	name  string
	ok    bool
}

var rows = []row{
	{-1, -128, 65535, "a", true}, {255, 127, 0, "", false}, {1 << 62, 0, 7, "%d\n", true},
}

func conversions(r row) []string {
	return []string{
		fmt.Sprintf("%d", r.id), fmt.Sprintf("%x", r.id), fmt.Sprint(r.small),
		fmt.Sprintf("%x", r.small), fmt.Sprintf("%v", r.code), fmt.Sprintf("%s", r.name),
		fmt.Sprintf("%t", r.ok), fmt.Sprintf("%d", len(r.name)), fmt.Sprintf("%s", r.name+"!")[1:],
	}
}

func joins(r row) []string {
	return []string{
		fmt.Sprintf("%s:%s", r.name, r.name), fmt.Sprintf("100%% \"%s\"\t%d", r.name, r.id),
		fmt.Sprintf("%s%s", r.name, "x")[1:], fmt.Sprintf(`%s\n%s`, r.name, r.name),
	}
}

func concatenated(names []string) (string, int) {
	all, head := "names: ", ""
	_ = head
	text := "<" + all
	var tail string
	for i, name := range names {
		if text != "<names: " {
			text += ", "
		}
		text = text + strconv.Itoa(i) + name
		if name == "" {
			continue
		}
		tail += name
	}
	text += ">"
	return text + tail, len(text)
}

func nested(table [][]string) []string {
	var lines []string
	for _, cells := range table {
		line := ""
		for _, cell := range cells {
			line += cell + ";"
		}
		lines = append(lines, line)
	}
	return lines
}

func buffers(r row) string {
	var b []byte
	b = append(b, strconv.FormatInt(r.id, 36)...)
	b = append(b, strconv.Quote(r.name)...)
	var out bytes.Buffer
	out.WriteString(strconv.Itoa(int(r.code)))
	out.Write(b)
	return out.String()
}

func firsts(text string) []string {
	first := strings.Split(text, "=")[0]
	var second string
	second = strings.SplitN(text, "::", 2)[0]
	if third := strings.Split(text, "\n")[0]; third != "" {
		return []string{first, second, third}
	}
	return []string{first, second}
}

func grown(all []row) (string, bool, int) {
	var ids []int64
	for _, each := range all {
		ids = append(ids, each.id)
	}
	names := []string{}
	for i := range all {
		names = append(names, all[i].name)
	}
	byID := map[int64]string{}
	for _, each := range all {
		byID[each.id] = each.name
	}
	encoded, _ := json.Marshal([]any{ids, names})
	return string(encoded), ids == nil, len(byID)
}

func pointers(all []row) (sum int64) {
	var kept []*row
	for _, each := range all {
		if each.ok {
			kept = append(kept, &row{id: each.id})
		}
	}
	for _, each := range kept {
		sum += each.id
	}
	return sum
}

func logged(all []row) {
	plain := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	options := &slog.HandlerOptions{ReplaceAttr: plain, AddSource: true, Level: slog.LevelDebug}
	logger := slog.New(slog.NewTextHandler(os.Stdout, options))
	wait := time.Duration(1500)
	for _, each := range all {
		logger.Debug("row", "id", each.id, "name", each.name, "ok", each.ok, "wait", wait)
		logger.Info("row", "share", 1/float64(each.code+1))
	}
}

func main() {
	for _, each := range rows {
		fmt.Printf("%q %q %q\n", conversions(each), joins(each), buffers(each))
	}
	fmt.Println(concatenated([]string{"a", "", "c"}))
	fmt.Println(concatenated(nil))
	fmt.Printf("%q\n", nested([][]string{{"a", "b"}, {}, {"c"}}))
	for _, text := range []string{"", "a=b=c", "=", "x::y::z", "\n"} {
		fmt.Printf("%q\n", firsts(text))
	}
	for _, some := range [][]row{rows, nil, {}} {
		fmt.Println(grown(some))
		fmt.Println(pointers(some))
	}
	logged(rows)
}
"""


def unplaced(printed: bytes) -> list[bytes]:
    """The lines without numbers of lines, which patches move; the name of the file stays."""
    return [re.sub(rb"\S*main\.go:\d+", b"main.go", line) for line in printed.splitlines()]


def output(folder: Path) -> bytes:
    """What the program prints."""
    find_go().build(folder, folder / "program")
    done = subprocess.run([folder / "program"], capture_output=True, check=True)
    return done.stdout


def test_a_patched_program_prints_the_same(tmp_path: Path) -> None:
    """Signs, percent signs, nothing at all, nil and JSON of nil, and the place that a log names."""
    folder = write(tmp_path, {"go.mod": GO_MOD, "main.go": PROGRAM})
    before = output(folder)
    small = Small(folder, *CODES)
    assert {each.rule.CODE for each in small.found} == set(CODES)
    proposals = small.propose()
    assert [str(each) for each in proposals if not each.edits] == []
    after = small.source.after(proposals)["main.go"]
    rest = Small(write(tmp_path / "after", {"go.mod": GO_MOD, "main.go": after}), *CODES)
    assert [each.finding.where for each in rest.found] == []
    assert unplaced(output(rest.tree.root)) == unplaced(before)
