package fixtures

import (
	"net/http"
	"time"
)

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10}}

func fetch(url string) (*http.Response, error) {
	return client.Get(url)
}

func newClient(timeout time.Duration) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConns: 100}, Timeout: timeout}
}
