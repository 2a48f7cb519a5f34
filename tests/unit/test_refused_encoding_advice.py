"""Advice about JSON, CSV and compression that measures false, by the row it has in our notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from heapwise.diagnose.found import Found
from heapwise.diagnose.registry import RULES, sections
from heapwise.diagnose.source.examine import in_source
from heapwise.diagnose.source.tree import SourceTree
from support.rule_fixtures import fixtures

CODES = frozenset(
    {
        *("HW101", "HW102", "HW301", "HW302", "HW304", "HW306", "HW307", "HW308", "HW309"),
        *("HW407", "HW703"),
    }
)

HANDLER = """package shop

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"sync"
)

type user struct {
	ID          int64
	Name, Email string
}

"""


def found_in(folder: Path, code: str) -> list[Found]:
    """What all rules find in one file."""
    (folder / "shop.go").write_text(HANDLER + code)
    return list(in_source(SourceTree(folder, "go")))


def advice() -> dict[str, str]:
    """Everything that our rules offer on the corpus, by code and place."""
    return {
        f"{each.finding.code} {fixture} {each.finding.where}": " ".join(
            (each.finding.remedy, each.finding.sketch.after if each.finding.sketch else "")
        )
        for fixture in fixtures()
        if fixture.code in CODES and fixture.kind == "positive"
        for each in in_source(fixture.tree())
        if each.finding.code in CODES
    }


def test_an_encoder_in_a_handler_is_left_alone(tmp_path: Path) -> None:
    """E-01: NewEncoder(w).Encode is one object or none, and no finding, by value or not."""
    code = """func show(w http.ResponseWriter, u user) {
	json.NewEncoder(w).Encode(u)
	json.NewEncoder(w).Encode(&u)
}
"""
    assert found_in(tmp_path, code) == []


def test_a_pooled_buffer_for_the_encoder_is_not_asked_for(tmp_path: Path) -> None:
    """E-02: it saves nothing; where it is there, for the length, it is left alone as well."""
    code = """var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func show(w http.ResponseWriter, u *user) {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer buffers.Put(buf)
	if err := json.NewEncoder(buf).Encode(u); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Write(buf.Bytes())
}
"""
    assert found_in(tmp_path, code) == []
    assert [where for where, text in advice().items() if "bytes.Buffer" in text] == []


def test_a_decoder_for_a_small_body_is_not_asked_for(tmp_path: Path) -> None:
    """B-15: NewDecoder takes more than Unmarshal there, and neither is a finding."""
    code = """func receive(r *http.Request, u *user) error {
	return json.NewDecoder(r.Body).Decode(u)
}

func parse(body io.Reader, u *user) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, u)
}
"""
    assert found_in(tmp_path, code) == []
    streamed = [where for where, text in advice().items() if "NewDecoder(r.Body)" in text]
    assert [where for where in streamed if not where.startswith(("HW302", "HW309"))] == []


@pytest.mark.parametrize("name", ["sonic", "easyjson", "jsoniter", "goccy", "vtprotobuf"])
def test_no_other_serialiser_is_recommended(name: str) -> None:
    """H-03, E-05: not before somebody has measured it on the user's own types."""
    assert [where for where, text in advice().items() if name in text.lower()] == []
    pages = [rule for rule in RULES if rule.CODE in CODES]
    assert len(pages) == len(CODES)
    assert [rule.CODE for rule in pages for _, text in sections(rule) if name in text.lower()] == []


def test_no_size_of_a_buffer_is_recommended_for_csv() -> None:
    """I-03: 4 KB, 64 KB and 1 MB measure the same, and csv.Reader has no field for it."""
    rows = {where: text for where, text in advice().items() if where.startswith("HW308")}
    assert rows
    for text in rows.values():
        assert "ReuseRecord = true" in text
        assert "bufio" not in text
        assert "Buffer" not in text


def test_streaming_an_array_reads_its_brackets() -> None:
    """L-05: Decode in a loop without Token loses every record and reports none of them."""
    streamed = [text for where, text in advice().items() if where.startswith("HW307")]
    assert streamed
    for text in streamed:
        before, loop, after = text.rpartition("for decoder.More()")
        assert loop
        assert "decoder.Token()" in before
        assert "decoder.Token()" in after


def test_a_pool_of_maps_is_not_the_remedy_for_untyped_messages() -> None:
    """K-01: pooling saves a fifth of the objects, a struct all but a few of them."""
    typed = [text for where, text in advice().items() if where.startswith("HW302")]
    assert typed
    assert [text for text in typed if "Pool" in text or "struct" not in text] == []


def test_dropped_errors_of_the_published_snippets_are_found(tmp_path: Path) -> None:
    """H-04 and K-02: a handler that drops Marshal's error, a consumer that drops Unmarshal's."""
    code = """func answer(w http.ResponseWriter, value any) {
	data, _ := json.Marshal(value)
	w.Write(data)
}

func consume(data []byte, into *user) {
	json.Unmarshal(data, into)
}
"""
    assert [each.finding.code for each in found_in(tmp_path, code)] == ["HW309", "HW309"]
