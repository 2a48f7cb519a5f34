// A Client per call is said to open a connection each: it shares the default transport.
package claims

import (
	"context"
	"net/http"
	"time"
)

func fetch(ctx context.Context, url string) (int, error) {
	client := &http.Client{Timeout: 2 * time.Second}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}
