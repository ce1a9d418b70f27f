package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// ask returns a value given by flag, or asks for it on a terminal.
func (r *run) ask(value, flag, question string) (string, error) {
	if value != "" {
		return value, nil
	}
	if r.tree.NoInput || !r.terminal() {
		return "", usageError{text: "missing --" + flag}
	}
	fmt.Fprint(r.Err, question+": ")
	line, err := bufio.NewReader(r.In).ReadString('\n')
	if err != nil && line == "" {
		return "", errInterrupted
	}
	return strings.TrimSpace(line), nil
}

// terminal reports whether a person sits at the input.
func (r *run) terminal() bool {
	f, ok := r.In.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// maxPassword bounds what is read for a password, line break included.
const maxPassword = 1024

// password reads a password from standard input when told to, without its line
// break. It is never taken from a flag.
func (r *run) password() (string, error) {
	raw, err := io.ReadAll(io.LimitReader(r.In, maxPassword))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	p := strings.TrimRight(string(raw), "\r\n")
	if p == "" {
		return "", usageError{text: "no password came on standard input"}
	}
	if strings.ContainsAny(p, "\r\n") {
		return "", usageError{text: "the password on standard input has more than one line"}
	}
	return p, nil
}

// newPassword asks twice on a terminal without showing what is typed.
func (r *run) newPassword() (string, error) {
	f, ok := r.In.(*os.File)
	if !ok {
		return "", errors.New("there is no terminal to ask on")
	}
	var typed [2]string
	for i, question := range []string{"Password (nothing is shown): ", "Once more: "} {
		fmt.Fprint(r.Err, question)
		raw, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(r.Err)
		if err != nil {
			return "", errInterrupted
		}
		typed[i] = string(raw)
	}
	if typed[0] != typed[1] {
		return "", usageError{text: "the two passwords do not match"}
	}
	return typed[0], nil
}
