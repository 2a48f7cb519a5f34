package fixtures

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

func fetch(url string) (*http.Response, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10}} // want HW701
	return client.Get(url)
}

func ask(req *http.Request) (*http.Response, error) {
	tr := &http.Transport{ // want HW701
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13},
	}
	tr.IdleConnTimeout = time.Minute
	client := http.Client{Transport: tr, Timeout: 2 * time.Second}
	return client.Do(req)
}

func forward(w http.ResponseWriter, r *http.Request) {
	target, err := url.Parse("http://127.0.0.1:9000")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = http.DefaultTransport.(*http.Transport).Clone() // want HW701
	proxy.ServeHTTP(w, r)
}

func status(w http.ResponseWriter, r *http.Request) {
	resp, err := (&http.Client{Transport: &http.Transport{}}).Get("http://127.0.0.1:9000/status") // want HW701
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	io.Copy(w, resp.Body)
}

type peer struct{ address string }

// dialing uses what its receiver can keep a transport beside.
func (p peer) dialing() error {
	client := &http.Client{Transport: &http.Transport{ // want HW701
		Dial: func(string, string) (net.Conn, error) { return net.Dial("tcp", p.address) },
	}}
	resp, err := client.Get("http://peer/")
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
