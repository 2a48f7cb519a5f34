package main

import (
	"bufio"
	"expvar"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strconv"
	"syscall"
)

// workDone holds the units of work done so far, by name; heapwise divides by them.
var workDone = expvar.NewMap("heapwise_work")

// underHeapwise does a program's work. Below `heapwise job` it serves the debug endpoint meanwhile,
// and is held before and after, so that all of the work is measured; by itself it only works.
func underHeapwise(work func() error) error {
	number, err := strconv.Atoi(os.Getenv("HEAPWISE_JOB"))
	if err != nil {
		return work()
	}
	os.Unsetenv("HEAPWISE_JOB") // it is for this program, and not for those that it starts
	syscall.CloseOnExec(number)
	hold := os.NewFile(uintptr(number), "heapwise")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go http.Serve(listener, nil)
	answers := bufio.NewReader(hold)
	fmt.Fprintf(hold, "ready http://%s\n", listener.Addr())
	answers.ReadString('\n') // "go"
	err = work()
	fmt.Fprintln(hold, "done")
	answers.ReadString('\n') // nothing: the other end closes when everything has been read
	return err
}
