package main

import (
	"encoding/json"
	"os"
)

// record is what an export has of a user, as far as anybody here wants to know it.
type record struct {
	ID      int64    `json:"id"`
	User    string   `json:"user"`
	Country string   `json:"country"`
	Score   int64    `json:"score"`
	Tags    []string `json:"tags"`
	Text    string   `json:"text"`
}

// totalOf counts the records of an export and adds up their scores.
type totalOf func(export string) (count, score int64, err error)

// totalOfWhole has all of the export in memory, as bytes and as records.
func totalOfWhole(export string) (count, score int64, err error) {
	data, err := os.ReadFile(export)
	if err != nil {
		return 0, 0, err
	}
	var records []record
	if err := json.Unmarshal(data, &records); err != nil {
		return 0, 0, err
	}
	for _, each := range records {
		score += each.Score
	}
	return int64(len(records)), score, nil
}

// totalOfStreamed has one record in memory: the export is one array, so its bracket is read first.
func totalOfStreamed(export string) (count, score int64, err error) {
	file, err := os.Open(export)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	if _, err := decoder.Token(); err != nil {
		return 0, 0, err
	}
	for decoder.More() {
		var each record
		if err := decoder.Decode(&each); err != nil {
			return count, score, err
		}
		count++
		score += each.Score
	}
	_, err = decoder.Token()
	return count, score, err
}
