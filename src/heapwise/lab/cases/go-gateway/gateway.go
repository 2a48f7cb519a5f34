package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// most is the longest answer that is taken from the other service, in bytes.
const most = 1 << 20

type gateway struct {
	teams   string
	call    call
	summary func(answers [][]byte) (*summary, error)
	pack    func(w io.Writer, data []byte) error
}

// team answers with the summary of a team.
func (g *gateway) team(w http.ResponseWriter, r *http.Request) {
	answers, err := g.ask(r)
	if err != nil {
		http.Error(w, "the other service does not answer", http.StatusBadGateway)
		return
	}
	team, err := g.summary(answers)
	if err != nil {
		http.Error(w, "the other service makes no sense", http.StatusBadGateway)
		return
	}
	data, err := json.Marshal(team)
	if err != nil {
		http.Error(w, "no summary", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	g.pack(w, data)
}

// ask fetches a team from the other service: all of its parts at once, as that is asked to be.
func (g *gateway) ask(r *http.Request) ([][]byte, error) {
	answers, failures := make([][]byte, teamParts), make([]error, teamParts)
	var all sync.WaitGroup
	for part := range teamParts {
		all.Add(1)
		go func() {
			defer all.Done()
			answers[part], failures[part] = g.askFor(r, part)
		}()
	}
	all.Wait()
	return answers, errors.Join(failures...)
}

// askFor fetches a part of a team.
func (g *gateway) askFor(r *http.Request, part int) ([]byte, error) {
	url := g.teams + r.PathValue("id") + "/" + strconv.Itoa(part)
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := g.call(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(io.LimitReader(response.Body, most))
}
