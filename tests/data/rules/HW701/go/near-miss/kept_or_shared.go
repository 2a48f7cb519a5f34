package fixtures

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// shared has no transport of its own: clients like it use the default one's connections.
func shared(url string) (*http.Response, error) {
	client := &http.Client{Timeout: 2 * time.Second}
	return client.Get(url)
}

type service struct {
	client *http.Client
	proxy  http.Handler
}

func newService(target *url.URL) *service {
	tr := &http.Transport{MaxIdleConnsPerHost: 32}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = tr
	return &service{client: &http.Client{Transport: tr}, proxy: proxy}
}

// checked calls once with what it then returns.
func checked(url string) (*http.Client, error) {
	client := &http.Client{Transport: &http.Transport{}}
	resp, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	return client, resp.Body.Close()
}

// handler is built once and keeps its transport.
func handler(target string) http.HandlerFunc {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	return func(w http.ResponseWriter, r *http.Request) {
		resp, err := client.Get(target)
		if err == nil {
			resp.Body.Close()
		}
	}
}

// single never wants its connection back.
func single(url string) (*http.Response, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return client.Get(url)
}

// tidy closes what it leaves idle.
func tidy(url string) error {
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr}).Get(url)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// dialed goes where its caller says: no other call could use its connections.
func dialed(network, address string) error {
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return net.Dial(network, address)
		},
	}}
	resp, err := client.Get("http://service/healthy")
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func register(client *http.Client) { client.Timeout = time.Second }

func handedOn() {
	client := &http.Client{Transport: &http.Transport{}}
	register(client)
}

func main() {
	client := &http.Client{Transport: &http.Transport{}}
	if resp, err := client.Get("http://127.0.0.1:9000/healthy"); err == nil {
		resp.Body.Close()
	}
}
