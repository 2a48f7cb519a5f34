// Package status reads and closes the body, so that the connection serves the next call too.
package status

import (
	"context"
	"io"
	"net/http"
)

// most is what is read of a body to keep its connection, in bytes.
const most = 64 << 10

func status(ctx context.Context, url string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	io.CopyN(io.Discard, resp.Body, most)
	return resp.StatusCode, nil
}
