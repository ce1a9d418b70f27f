//go:build ignore

// Command blocklist makes ../common.bin, the list of common passwords. It
// reads lists of common and breached passwords (a text file with one a line,
// gzipped or not, or a JSON array of strings), brings each to the form that
// package secret looks up (NFC, lower case), leaves out those under 8
// characters, which no organization accepts, and writes the sorted 5-byte
// prefixes of their SHA-256:
//
//	go run blocklist/generate.go -out common.bin -- LIST...
//
// It owns: the form of the file. It does not own: the lists (NOTICE says which
// made the file in the repository) or the look-up. It is built only by
// go generate.
//
// Neighbours: package secret embeds what it writes.
package main
