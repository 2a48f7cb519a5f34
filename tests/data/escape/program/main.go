// A program that allocates for every reason there is, and writes its heap profile. The functions
// are called after the reason that heapwise has to find for what they allocate.
package main

import (
	"flag"
	"log"
	"os"
	"reflect"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
)

const rounds = 200

type user struct {
	name string
	age  [8]int
}

var (
	kept     any
	keptUser *user
	keptFunc func() int
	bytes    = make([]byte, 100)
	word     = "a word of more than thirty-two bytes, so that it finds no room on the stack"
	names    []string
	done     sync.WaitGroup
	noted    int
)

func newUser(name string) *user {
	u := user{name: name}
	return &u
}

//go:noinline
func returned(name string) *user {
	u := user{name: name}
	return &u
}

//go:noinline
func inlinedConstructor() {
	keptUser = newUser("a")
}

//go:noinline
func boxed(n int) {
	kept = n + 1000
}

//go:noinline
func captured(n int) {
	total := n
	keptFunc = func() int {
		total++
		return total
	}
}

//go:noinline
func tooLarge(n int) int {
	table := make([]byte, 1<<16+1)
	return int(table[n])
}

//go:noinline
func variableSize(n int) int {
	table := make([]byte, n)
	return len(table)
}

//go:noinline
func appended(n int) int {
	var found []int
	for i := 0; i < n; i++ {
		found = append(found, i)
	}
	return len(found)
}

//go:noinline
func grownMap(n int) int {
	ages := map[int]int{}
	for i := 0; i < n; i++ {
		ages[i] = n
	}
	return len(ages)
}

//go:noinline
func converted() int {
	text := string(bytes)
	names[0] = text
	return len(text)
}

//go:noinline
func concatenated() {
	names[0] = word + names[1]
}

//go:noinline
func channel(n int) int {
	numbers := make(chan int, 64)
	numbers <- n
	return <-numbers
}

//go:noinline
func sent(users chan *user) {
	users <- &user{name: "b"}
	<-users
}

//go:noinline
func stored() {
	keptUser = &user{name: "c"}
}

//go:noinline
func passed(n int) {
	number := new([32]int)
	number[0] = n
	keep(number)
}

//go:noinline
func keep(number *[32]int) { kept = number }

//go:noinline
func reflected() int {
	return reflect.New(reflect.TypeOf(user{})).Elem().NumField()
}

//go:noinline
func variadic(n int) int {
	return len(
		join(
			n,
			word,
		),
	)
}

//go:noinline
func started(n int) {
	done.Add(1)
	go finish(n)
	done.Wait()
}

func finish(n int) {
	noted += n
	done.Done()
}

//go:noinline
func deferred(n int) {
	for i := 0; i < n; i++ {
		defer note(i)
	}
}

//go:noinline
func note(n int) { noted += n }

func join(n int, text string) string {
	return strconv.Itoa(n) + text
}

func work() {
	users := make(chan *user, 1)
	for i := 1000; i < 1000+rounds; i++ {
		returned(word)
		inlinedConstructor()
		boxed(i)
		captured(i)
		tooLarge(i)
		variableSize(i)
		appended(i)
		grownMap(i)
		started(i)
		deferred(5)
		converted()
		concatenated()
		channel(i)
		sent(users)
		stored()
		passed(i)
		reflected()
		variadic(i)
	}
}

func main() {
	profile := flag.String("profile", "", "file to write")
	flag.Parse()
	names = []string{"", word}
	runtime.MemProfileRate = 1
	work()
	runtime.GC()
	runtime.GC()
	file, err := os.Create(*profile)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	if err := pprof.Lookup("allocs").WriteTo(file, 0); err != nil {
		log.Fatal(err)
	}
}
