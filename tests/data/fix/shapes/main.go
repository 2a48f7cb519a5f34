// Command shapes prints what functions return that have patterns, for values at the edges. It
// prints the same when every pattern is patched.
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

func main() {
	for _, n := range []int{0, -1, 9, 255, 256, math.MaxInt, math.MinInt} {
		show("numbers", numbers(n, int64(n), int8(n), uint16(n), uint64(n)))
		show("key", key("a b", n), path("", "é\xff"))
		show("digits", string(digits([]byte("<"), n)), page([]int{n, n}), entangled(n))
	}
	for _, x := range []float64{0, math.Copysign(0, -1), 1e6, 1e21, 1e-7, 0.1, math.NaN(), math.Inf(-1)} {
		show("floats", floats(x, float32(x)))
	}
	for _, s := range []string{"", "a", "%d", "a:b:c", ":", "a=b=c", "\xff:\x00", "né=1"} {
		show("texts", texts(s, s == "a"), quoted(s))
		show("parts", host(s), word(s), string(field([]byte(s))))
	}
	for _, names := range [][]string{nil, {}, {"a"}, {"a", "", "b", "a"}} {
		show("lists", list(names), lines(names), string(asJSON(sized(names))), string(asJSON(copied(names))))
		show("maps", places(names), string(asJSON(places(names))))
		show("pointed", longest(names))
	}
	for _, each := range []order{{}, {ID: 7, Name: "<&>", Tags: []string{}, At: &order{}}} {
		show("sent", sent(each), sent(*new(order)), sentPointed(&each))
	}
	show("sums", sum(""), sum("a,1\nb,2\n"), sum("a,1\nb\n"))
	show("logged", logged("x y", -1, nil), logged("", 1<<40, fmt.Errorf("no")))
	show("walked", walked("."))
	for _, s := range []string{"", "aaa", "aab", strings.Repeat("xyz", 9000)} {
		show("matches", matches(s), each([]string{s, s}), headless(s))
		for _, made := range []func(string) (string, error){leveled, flated, zlibbed} {
			text, err := made(s)
			show("compressed", text, fmt.Sprint(err))
		}
	}
	show("packed", unpacked(packed("")), unpacked(packed("abc")), unpacked([]byte("no gzip")), unpacked(packed("abc")))
}

func show(name string, values ...any) { fmt.Printf("%s %#v\n", name, values) }

func asJSON(value any) []byte {
	data, err := json.Marshal(value)
	if err != nil {
		return []byte(err.Error())
	}
	return data
}
