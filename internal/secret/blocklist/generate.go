//go:build ignore

package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	prefix   = 5
	shortest = 8
)

func main() {
	out := flag.String("out", "common.bin", "file to write")
	flag.Parse()
	if err := generate(*out, flag.Args()); err != nil {
		panic(err)
	}
}

func generate(out string, lists []string) error {
	if len(lists) == 0 {
		return fmt.Errorf("no lists given")
	}
	entries := map[string]bool{}
	for _, name := range lists {
		passwords, err := read(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, p := range passwords {
			p = strings.ToLower(norm.NFC.String(strings.TrimRight(p, "\r\n")))
			if utf8.ValidString(p) && utf8.RuneCountInString(p) >= shortest {
				sum := sha256.Sum256([]byte(p))
				entries[string(sum[:prefix])] = true
			}
		}
		fmt.Printf("%s: %d read, %d in all\n", name, len(passwords), len(entries))
	}
	sorted := make([]string, 0, len(entries))
	for e := range entries {
		sorted = append(sorted, e)
	}
	slices.Sort(sorted)
	return os.WriteFile(out, []byte(strings.Join(sorted, "")), 0o644)
}

func read(name string) ([]string, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		r, err := gzip.NewReader(bytes.NewReader(content))
		if err != nil {
			return nil, err
		}
		var plain bytes.Buffer
		if _, err := plain.ReadFrom(r); err != nil {
			return nil, err
		}
		content = plain.Bytes()
	}
	if strings.HasSuffix(name, ".json") {
		var list []string
		return list, json.Unmarshal(content, &list)
	}
	return strings.Split(string(content), "\n"), nil
}
