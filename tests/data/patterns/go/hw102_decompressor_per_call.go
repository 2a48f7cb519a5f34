package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"sync"
)

func init() { register("HW102", unpackMessages, unpackMessagesPooled) }

var packedMessage = sync.OnceValue(func() []byte {
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	io.WriteString(zw, jsonMessage)
	zw.Close()
	return packed.Bytes()
})

func unpackedSize(message []byte) (int64, error) {
	zr, err := gzip.NewReader(bytes.NewReader(message))
	if err != nil {
		return 0, err
	}
	defer zr.Close()
	return io.Copy(io.Discard, zr)
}

func unpackMessages(w http.ResponseWriter, r *http.Request) {
	answerSizes(w, unpackedSize)
}

var messageReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

func unpackedSizePooled(message []byte) (int64, error) {
	zr := messageReaders.Get().(*gzip.Reader)
	defer messageReaders.Put(zr)
	if err := zr.Reset(bytes.NewReader(message)); err != nil {
		return 0, err
	}
	defer zr.Close()
	return io.Copy(io.Discard, zr)
}

func unpackMessagesPooled(w http.ResponseWriter, r *http.Request) {
	answerSizes(w, unpackedSizePooled)
}

func answerSizes(w http.ResponseWriter, size func([]byte) (int64, error)) {
	message, total := packedMessage(), int64(0)
	for range 5 {
		n, err := size(message)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		total += n
	}
	fmt.Fprintln(w, total)
}
