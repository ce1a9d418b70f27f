package main

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/table"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "reader:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: reader rows FILE | reader tokens FILE")
	}
	read := map[string]func(string) (int, error){"rows": rows, "tokens": tokens}[args[0]]
	if read == nil {
		return fmt.Errorf("there is nothing called %s to read", args[0])
	}
	began := time.Now()
	n, err := read(args[1])
	if err != nil {
		return err
	}
	took := time.Since(began)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		if peak, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			fmt.Println(n, took.Nanoseconds(), strings.TrimSuffix(strings.TrimSpace(peak), " kB"))
		}
	}
	return nil
}

// rows reads a file as the Data Loader does.
func rows(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	s, err := table.File(f)
	if err != nil {
		return 0, err
	}
	t, err := table.Open(s, table.Options{})
	for n := 0; err == nil; n++ {
		r, nextErr := t.Next()
		if nextErr == io.EOF {
			return n, t.Close()
		}
		if err = nextErr; err == nil && r.Problem != nil {
			err = r.Problem
		}
	}
	return 0, err
}

// tokens unpacks the sheet and the texts that its cells share, and splits them.
func tokens(path string) (int, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return 0, err
	}
	defer z.Close()
	n := 0
	for _, f := range z.File {
		if f.Name != "xl/sharedStrings.xml" && f.Name != "xl/worksheets/sheet1.xml" {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return 0, err
		}
		d := xml.NewDecoder(in)
		for {
			_, err := d.RawToken()
			if err == io.EOF {
				break
			}
			if err != nil {
				return 0, err
			}
			n++
		}
		if err := in.Close(); err != nil {
			return 0, err
		}
	}
	return n, nil
}
