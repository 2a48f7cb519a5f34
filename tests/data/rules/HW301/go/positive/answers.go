package fixtures

import (
	"encoding/json"
	"net/http"
)

type user struct {
	ID   int64
	Name string
}

func show(w http.ResponseWriter, u *user) {
	json.NewEncoder(w).Encode(map[string]any{ // want HW301
		"id":   u.ID,
		"name": u.Name,
	})
}

func status(uptime int) ([]byte, error) {
	answer := map[string]interface{}{"uptime": uptime, "state": "ok"} // want HW301
	return json.Marshal(answer)
}

func labels(host, zone string) ([]byte, error) {
	return json.MarshalIndent(map[string]string{"host": host, "zone": zone}, "", "  ") // want HW301
}

type context struct{}

func (*context) JSON(status int, body any) error { return nil }

func list(c *context, users []user) error {
	return c.JSON(http.StatusOK, map[string]any{"users": users, "total": len(users)}) // want HW301
}
