package fixtures

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
)

const block = 256 * 1024

func save(to io.Writer, from io.Reader) error {
	buf := make([]byte, 1<<20) // want HW709
	_, err := io.CopyBuffer(to, from, buf)
	return err
}

func upload(w http.ResponseWriter, r *http.Request) {
	buf := make([]byte, block) // want HW709
	total := 0
	for {
		n, err := r.Body.Read(buf)
		total += n
		if err != nil {
			break
		}
	}
	fmt.Fprintln(w, total)
}

func checksums(paths []string) (sum byte, err error) {
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return 0, err
		}
		buf := make([]byte, 65536) // want HW709
		n, err := io.ReadFull(file, buf)
		for _, each := range buf[:n] {
			sum += each
		}
		fmt.Println(n, err, buf[0])
		file.Close()
	}
	return sum, nil
}

func count(from io.Reader) (lines int) {
	reader := bufio.NewReaderSize(from, 128*1024) // want HW709
	for {
		if _, err := reader.ReadString('\n'); err != nil {
			return lines
		}
		lines++
	}
}

func longLines(file *os.File, each func([]byte)) error {
	buffer := make([]byte, 1<<20) // want HW709
	lines := bufio.NewScanner(file)
	lines.Buffer(buffer, len(buffer))
	for lines.Scan() {
		each(lines.Bytes())
	}
	return lines.Err()
}
