package fixtures

import (
	"bufio"
	"errors"
	"io"
	"net/http"
)

func closing(resp *http.Response) { resp.Body.Close() }

// open hands the response to its caller.
func open(url string) (*http.Response, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// body hands only the body on.
func body(url string) (io.ReadCloser, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// named has a result that the return statement does not mention.
func named(url string) (resp *http.Response, err error) {
	resp, err = http.Get(url)
	return
}

func passed(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	closing(resp)
	return nil
}

func aliased(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	open := resp.Body
	defer open.Close()
	return nil
}

type lines struct {
	scanner *bufio.Scanner
	closer  io.Closer
}

func stream(url string) (*lines, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	return &lines{bufio.NewScanner(resp.Body), resp.Body}, nil
}

// forward writes the answer out, which closes its body.
func forward(w io.Writer, url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	return resp.Write(w)
}

// exists asks for no body.
func exists(client *http.Client, url string) bool {
	req, err := http.NewRequest(http.MethodHead, url, nil)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	return err == nil && resp.StatusCode == http.StatusOK
}

type job struct{ name string }

type queue struct{}

func (queue) Do(j *job) (int, error) { return len(j.name), errors.New("full") }
func (queue) Get(name string) (*job, error) {
	return &job{name}, nil
}

// others have methods of the same names.
func others(q queue) (int, error) {
	found, err := q.Get("a")
	if err != nil {
		return 0, err
	}
	n, err := q.Do(&job{found.name})
	return n, err
}

type keeper struct{ last *http.Response }

func (k *keeper) keep(url string) (err error) {
	k.last, err = http.Get(url)
	return err
}
