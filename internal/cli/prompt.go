package cli

import (
	"bufio"
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
	if _, ok := r.terminal(); !ok {
		return "", usageError{text: "missing --" + flag, hint: "give it as a flag, or run this on a terminal to be asked"}
	}
	fmt.Fprint(r.Err, question+": ")
	line, err := r.answer(func() (string, error) {
		line, err := bufio.NewReader(r.In).ReadString('\n')
		if line != "" {
			return line, nil
		}
		return "", err
	})
	return strings.TrimSpace(line), err
}

// answer waits for what a person types, and no longer than the first Ctrl-C.
func (r *run) answer(read func() (string, error)) (string, error) {
	type typed struct {
		text string
		err  error
	}
	got := make(chan typed, 1)
	go func() {
		text, err := read()
		got <- typed{text, err}
	}()
	select {
	case <-r.ctx.Done():
		return "", errInterrupted
	case t := <-got:
		if t.err != nil {
			return "", errInterrupted // the input ended
		}
		return t.text, nil
	}
}

// terminal returns the terminal where a person may be asked; ok is false where
// there is none or nobody is to be asked.
func (r *run) terminal() (fd int, ok bool) {
	f, isFile := r.In.(*os.File)
	if !isFile || r.tree.NoInput || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	return int(f.Fd()), true
}

// maxPassword bounds what is read for a password, line break included.
const maxPassword = 1024

// password reads a password from standard input when told to, without its line
// break. It is never taken from a flag.
func (r *run) password() (string, error) {
	raw, err := io.ReadAll(io.LimitReader(r.In, maxPassword+1))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	p := strings.TrimRight(string(raw), "\r\n")
	switch {
	case len(raw) > maxPassword:
		return "", usageError{text: "what came on standard input is too long for a password"}
	case p == "":
		return "", usageError{text: "no password came on standard input", hint: "pipe it in, or redirect a file that holds it"}
	case strings.ContainsAny(p, "\r\n"):
		return "", usageError{text: "the password on standard input has more than one line"}
	}
	return p, nil
}

// newPassword asks twice on a terminal without showing what is typed.
func (r *run) newPassword() (string, error) {
	fd, ok := r.terminal()
	if !ok {
		return "", usageError{text: "there is no terminal to ask for the password on", hint: "use --password-stdin, or leave both out for a one-time link"}
	}
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("terminal: %w", err)
	}
	var typed [2]string
	for i, question := range []string{"Password (nothing is shown): ", "Once more: "} {
		fmt.Fprint(r.Err, question)
		typed[i], err = r.answer(func() (string, error) {
			raw, err := term.ReadPassword(fd)
			return string(raw), err
		})
		fmt.Fprintln(r.Err)
		if err != nil {
			_ = term.Restore(fd, before) // being interrupted is what to tell
			return "", err
		}
	}
	if typed[0] != typed[1] {
		return "", usageError{text: "the two passwords do not match", hint: "run it again"}
	}
	return typed[0], nil
}
