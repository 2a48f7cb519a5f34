// The article's call to the downstream service never closes what it answers.
package claims

import "net/http"

func status(url string) (int, error) {
	resp, err := http.Get(url) // want HW702
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, nil
}
