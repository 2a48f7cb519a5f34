// The handler of the article drops the error of Marshal.
package claims

import (
	"encoding/json"
	"net/http"
)

type page struct{ Title string }

func show(w http.ResponseWriter, r *http.Request) {
	data, _ := json.Marshal(&page{"start"}) // want HW309
	w.Write(data)
}
