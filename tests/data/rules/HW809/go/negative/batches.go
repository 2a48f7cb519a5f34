package fixtures

import "bufio"

func load(lines *bufio.Scanner, insert func([]string) error) error {
	batch := make([]string, 0, 1000)
	for lines.Scan() {
		batch = append(batch, lines.Text())
		if len(batch) == cap(batch) {
			if err := insert(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if len(batch) > 0 {
		if err := insert(batch); err != nil {
			return err
		}
	}
	return lines.Err()
}
