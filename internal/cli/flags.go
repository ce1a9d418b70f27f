package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/sallyport/sallyport/internal/config"
)

// usageError is a command line that cannot be taken.
type usageError struct{ text, hint string }

func (e usageError) Error() string { return e.text }

// takeOptions takes the flags that are options of the configuration out of the
// arguments, wherever they stand. One table serves file, environment and flags.
func (r *run) takeOptions(args []string) ([]string, error) {
	r.flags = map[string]string{}
	var rest []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return append(rest, args[i:]...), nil
		}
		name, value, given := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		if arg == "--password" && next != "" && !strings.HasPrefix(next, "-") || given && (name == "password" || name == "password-stdin") {
			return nil, shown("password", "Leave the password out to be asked for it, or use --password-stdin.")
		}
		if name == "secret" || name == "secret-key" {
			return nil, shown(name, "Pass the secret with --secret-file or SALLYPORT_SECRET_KEY.")
		}
		o, ok := optionOf(name)
		if !strings.HasPrefix(arg, "--") || !ok {
			rest = append(rest, arg)
			continue
		}
		if o.Secret && name == o.Flag() {
			return nil, shown(name, fmt.Sprintf("Pass the secret with --%s-file or %s.", name, o.Env()))
		}
		switch {
		case given:
		case o.Default == "false":
			value = "true"
		case next == "" || strings.HasPrefix(next, "--"):
			return nil, usageError{text: "--" + name + " needs a value", hint: o.Help}
		default:
			value = next
			i++
		}
		r.flags[name] = value
	}
	return rest, nil
}

// shown refuses a secret in the arguments.
func shown(flag, hint string) usageError {
	return usageError{text: "--" + flag + " would show the secret to everybody who can list processes", hint: hint}
}

func optionOf(flag string) (config.Option, bool) {
	all := config.Options()
	i := slices.IndexFunc(all, func(o config.Option) bool {
		return o.Flag() == flag || o.Secret && o.Flag()+"-file" == flag
	})
	if i < 0 {
		return config.Option{}, false
	}
	return all[i], true
}

// misread says what is wrong with a command line that the parser refused, and
// which help to read.
func misread(err error, args []string) usageError {
	e := usageError{text: err.Error(), hint: "run: sallyport --help"}
	var p *kong.ParseError
	if errors.As(err, &p) && p.Context != nil && p.Context.Selected() != nil {
		e.hint = "run: " + p.Context.Selected().FullPath() + " --help"
	}
	if strings.HasPrefix(e.text, "unexpected argument") && slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--password") }) {
		e.text = "unexpected argument behind the flags" // it may be the password
	}
	if name, unknown := strings.CutPrefix(e.text, "unknown flag --"); unknown && !strings.Contains(name, "did you mean") {
		var known []string
		for _, o := range config.Options() {
			known = append(known, o.Flag())
		}
		if meant := config.Nearest(name, known); meant != "" {
			e.text += fmt.Sprintf(", did you mean %q?", "--"+meant)
		}
	}
	return e
}
