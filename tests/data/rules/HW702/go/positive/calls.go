package fixtures

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

type price struct{ Cents int }

func fetch(url string) (price, error) {
	var p price
	resp, err := http.Get(url) // want HW702
	if err != nil {
		return p, err
	}
	if resp.StatusCode != http.StatusOK {
		return p, fmt.Errorf("status %s", resp.Status)
	}
	err = json.NewDecoder(resp.Body).Decode(&p)
	return p, err
}

type shop struct{ client *http.Client }

func (s *shop) ask(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := s.client.Do(req) // want HW702
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(answer.Body, 1<<20))
}

func ping(url string) error {
	_, err := http.Get(url) // want HW702
	return err
}

func warm(client *http.Client, urls []string) {
	for _, url := range urls {
		resp, err := client.Get(url) // want HW702
		if err != nil {
			continue
		}
		fmt.Println(resp.StatusCode)
	}
}
