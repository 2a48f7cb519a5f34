// Package status never closes the body of what it is answered, nor asks with its caller's context:
// each call dials anew, and the old connection stays open.
package status

import "net/http"

func status(url string) (int, error) {
	resp, err := http.Get(url) // want HW702
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, nil
}
