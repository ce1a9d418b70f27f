// Package cli is the command line of the one binary: serving, the demo, and
// what an operator does on the server.
//
// It owns: arguments, prompts, output for people and for programs, exit codes.
// It does not own: what a command does (the services of package app do it) or
// what an option means (package config).
//
// Neighbours: cmd/sallyport calls Run; one file a command.
package cli
