// Command watchservice is what the tests of captures and deploys watch.
//
// It prints "listening HOST:PORT" once it can be reached. Two builds of it differ by what the
// linker sets: go build -ldflags "-X main.build=v2 -X main.perRequest=24000".
package main

import (
	"expvar"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strconv"
	"sync"
)

var (
	build      = "v1"
	perRequest = "20000"

	requests = expvar.NewInt("requests")
	size, _  = strconv.Atoi(perRequest)

	mu    sync.Mutex
	cache = map[string][]byte{}
	sink  []byte
)

// remember keeps an answer for a key that never comes again.
//
//go:noinline
func remember(key string) {
	mu.Lock()
	defer mu.Unlock()
	cache[key] = make([]byte, 64<<10)
}

// wait blocks for ever: nobody sends.
func wait(answers chan int) { <-answers }

func work(w http.ResponseWriter, _ *http.Request) {
	sink = make([]byte, size)
	requests.Add(1)
	fmt.Fprintln(w, "done")
}

func leak(w http.ResponseWriter, r *http.Request) {
	for i := range 16 {
		remember(r.FormValue("key") + strconv.Itoa(i))
	}
	fmt.Fprintln(w, "done")
}

func stuck(w http.ResponseWriter, _ *http.Request) {
	for range 50 {
		go wait(make(chan int))
	}
	fmt.Fprintln(w, "done")
}

func main() {
	expvar.NewString("build").Set(build)
	http.HandleFunc("/work", work)
	http.HandleFunc("/leak", leak)
	http.HandleFunc("/stuck", stuck)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "watchservice:", err)
		os.Exit(1)
	}
	fmt.Println("listening", listener.Addr())
	fmt.Fprintln(os.Stderr, http.Serve(listener, nil))
}
