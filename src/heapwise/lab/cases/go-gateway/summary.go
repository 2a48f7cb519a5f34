package main

import "encoding/json"

// summary is what the gateway says of a team.
type summary struct {
	Team    string   `json:"team"`
	Size    int      `json:"size"`
	Members []summed `json:"members"`
}

// summed is what it says of a member.
type summed struct {
	Name  string `json:"name"`
	Mail  string `json:"mail"`
	Admin bool   `json:"admin"`
}

// summaries are the ways to make one of the parts of a team, by the value of the flag.
var summaries = map[string]func(answers [][]byte) (*summary, error){"maps": ofMaps, "structs": ofStructs}

// ofMaps decodes whatever there is, and takes what it needs.
func ofMaps(answers [][]byte) (*summary, error) {
	made := &summary{Members: make([]summed, 0, teamSize)}
	for _, answer := range answers {
		var team map[string]any
		if err := json.Unmarshal(answer, &team); err != nil {
			return nil, err
		}
		made.Team, _ = team["name"].(string)
		members, _ := team["members"].([]any)
		for _, each := range members {
			member, _ := each.(map[string]any)
			contact, _ := member["contact"].(map[string]any)
			name, _ := member["name"].(string)
			mail, _ := contact["mail"].(string)
			made.Members = append(made.Members, summed{name, mail, member["role"] == "admin"})
		}
	}
	made.Size = len(made.Members)
	return made, nil
}

// ofStructs decodes what it needs.
func ofStructs(answers [][]byte) (*summary, error) {
	made := &summary{Members: make([]summed, 0, teamSize)}
	for _, answer := range answers {
		var team struct {
			Name    string `json:"name"`
			Members []struct {
				Name    string `json:"name"`
				Role    string `json:"role"`
				Contact struct {
					Mail string `json:"mail"`
				} `json:"contact"`
			} `json:"members"`
		}
		if err := json.Unmarshal(answer, &team); err != nil {
			return nil, err
		}
		made.Team = team.Name
		for i := range team.Members {
			member := &team.Members[i]
			made.Members = append(made.Members, summed{member.Name, member.Contact.Mail, member.Role == "admin"})
		}
	}
	made.Size = len(made.Members)
	return made, nil
}
