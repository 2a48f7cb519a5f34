package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const (
	teamSize  = 60
	teamParts = 4
	// answerAfter is how long the other service takes, as it would to ask its database.
	answerAfter = 10 * time.Millisecond
	// idle is how long it keeps a connection that nobody uses: the transports of calls that have
	// ended keep theirs until then.
	idle = time.Second
)

// child is the other service. Its standard input has to be kept: it is closed when it is collected.
var child *exec.Cmd

// startTeams starts this program once more, as the other service, and returns its URL. The child
// ends when its standard input does, and so with the gateway, however that ends.
func startTeams() (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	child = exec.Command(program, "-team-service")
	child.Stderr = os.Stderr
	if _, err := child.StdinPipe(); err != nil {
		return "", err
	}
	said, err := child.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := child.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	return strings.TrimSpace(line), err
}

// serveTeams is the other service.
func serveTeams() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	teams := http.NewServeMux()
	teams.HandleFunc("GET /teams/{id}/{part}", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(answerAfter)
		w.Header().Set("Content-Type", "application/json")
		part, err := strconv.Atoi(r.PathValue("part"))
		if err != nil || part < 0 || part >= teamParts {
			http.NotFound(w, r)
			return
		}
		w.Write(team(r.PathValue("id"), part))
	})
	server := &http.Server{Handler: teams, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: idle}
	go func() { log.Fatal(server.Serve(listener)) }()
	fmt.Printf("http://%s/teams/\n", listener.Addr())
	io.Copy(io.Discard, os.Stdin)
}

// team is a part of all that the other service knows of a team: far more than anybody asks for.
func team(id string, part int) []byte {
	const size = teamSize / teamParts
	members := make([]map[string]any, size)
	for i := range members {
		number := part*size + i
		members[i] = map[string]any{
			"id":      number,
			"name":    fmt.Sprintf("Member %d of %s", number, id),
			"role":    []string{"admin", "writer", "reader"}[number%3],
			"contact": map[string]any{"mail": fmt.Sprintf("m%d@team-%s.example", number, id), "phone": nil},
			"teams":   []string{id, "everyone"},
			"seen":    1_700_000_000 + number,
		}
	}
	data, err := json.Marshal(map[string]any{"name": "team " + id, "members": members, "open": true})
	if err != nil {
		panic(err) // maps of strings and numbers have JSON
	}
	return data
}
