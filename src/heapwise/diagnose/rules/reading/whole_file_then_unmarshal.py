"""A file of JSON records is read whole and decoded whole, only to go through them once.

What it finds:
    os.ReadFile and json.Unmarshal of what it returned into a slice that the function then does
    nothing with but range over it and take its length. A slice that is kept or returned is needed
    whole anyway, and streaming into it costs more, not less.

Why it allocates:
    The file's bytes and all of its records are held at the same time, and the slice of the records
    is copied each time it grows. Read one by one, a record and the decoder's buffer are all there
    is, however long the file.

Example:
    ```go
    data, err := os.ReadFile(name)
    ...
    var orders []Order
    if err := json.Unmarshal(data, &orders); err != nil {
        return err
    }
    for _, order := range orders {
        total += order.Price
    }
    ```

Use instead:
    ```go
    file, err := os.Open(name)
    ...
    defer file.Close()
    decoder := json.NewDecoder(file)
    if _, err := decoder.Token(); err != nil { // the bracket that opens the array
        return err
    }
    for decoder.More() {
        var order Order
        if err := decoder.Decode(&order); err != nil {
            return err
        }
        total += order.Price
    }
    if _, err := decoder.Token(); err != nil { // and the one that closes it: nothing was cut off
        return err
    }
    ```

    Without Token the first Decode is given the whole array, fails, and has consumed it: the loop
    then ends as if the file were empty. Compare the number of records once.

When it does not help:
    A bad record at the end is found when those before it have been dealt with. Since Go 1.27 there
    are more objects, one for each record that escapes, though far fewer bytes; below some ten
    records nothing is gained. Decode into a slice takes more than Unmarshal: 818 KB against 458 KB.

Measured:
    1,000 records of 160 bytes. Go 1.27.3: 457,856 B and 17 objects, one by one 136,686 B and 1,014.
    Go 1.26.8: 513,906 B and 7,024, one by one 186,682 B and 8,014. 20,000 records: 14.9 MB against
    2.6 MB.
"""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_names import Variable, pointed_at, variable
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.go_values import bound
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Confidence, Sketch

CODE = "HW307"
NAME = "whole-file-then-unmarshal"
HOLDS_FOR = "files of many records that are gone through once"
REFERENCES = ("https://pkg.go.dev/encoding/json#Decoder.Token",)

_READ_FILE = ("os.ReadFile", "io/ioutil.ReadFile")


def _find(file: GoFile) -> Iterable[Match]:
    reads = {
        (data.name, data.node): read
        for read in file.calls(*_READ_FILE)
        if (data := bound(read.node)) is not None and len(data.uses()) == 1
    }
    for call in file.calls("encoding/json.Unmarshal") if reads else ():
        function = file.function_at(call.node)
        if function is None or len(call.arguments) != 2:
            continue
        data, records = variable(call.arguments[0]), pointed_at(call.arguments[1])
        read = reads.get((data.name, data.node)) if data is not None else None
        if read is not None and records is not None and _gone_through(file, records):
            yield _match(file, call, read, records, function.name)


def _gone_through(file: GoFile, records: Variable) -> bool:
    """Whether a slice is decoded into, ranged over and measured, and nothing else."""
    kind, ranged = records.type(), False
    if kind is None or kind.type != "slice_type" or records.node.type == "parameter_declaration":
        return False
    for use in records.uses():
        parent = use.parent
        if parent is None:
            return False
        if parent.type == "range_clause":
            ranged = True
        elif parent.type == "argument_list":
            if parent.parent is None or file.call(parent.parent).name != "len":
                return False
        elif parent.type != "unary_expression":
            return False
    return ranged


def _match(file: GoFile, call: GoCall, read: GoCall, records: Variable, function: str) -> Match:
    name, kind = records.name, text(records.type())
    item = kind.removeprefix("[]")
    return Match(
        span=file.span(call.node),
        function=function,
        title=f"{function} holds a whole file and all of its records to go through them once",
        why=f"{text(read.node)} and {name} are in memory together, and {name} is copied each time"
        " it grows, although the loop needs one record at a time.",
        remedy="Decode record by record: Token for the opening bracket, Decode while More, Token"
        " for the closing one. Without the first Token all of the records are lost.",
        sketch=Sketch(
            before=file.lines(file.span(call.node)),
            after="decoder := json.NewDecoder(file)\n"
            "if _, err := decoder.Token(); err != nil { // [\n\treturn err\n}\n"
            f"for decoder.More() {{\n\tvar each {item}\n"
            "\tif err := decoder.Decode(&each); err != nil {\n\t\treturn err\n\t}\n"
            "\t...\n}\n_, err = decoder.Token() // ]",
        ),
        saved=0.7,
        more=(file.span(read.node),),
        callees=("os.ReadFile", "io/ioutil.ReadFile", "encoding/json"),
        confidence=Confidence.MEDIUM,
    )


LOOKS = {"go": Look((b"ReadFile(",), _find)}
