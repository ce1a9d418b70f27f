package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/sallyport/sallyport/internal/config"
)

type manCommand struct{}

// Run prints the manual page. It is made of the same tree, options and examples
// as the help, so that it says what this program does and nothing else.
func (manCommand) Run(r *run, parsed *kong.Context) error {
	m := &manual{}
	m.line(`.TH SALLYPORT 1 "" "sallyport %s" "User Commands"`, release)
	m.section("NAME")
	m.line(`sallyport \- sign-in and two-factor authentication in front of your applications`)
	m.section("SYNOPSIS")
	m.line(`.B sallyport`)
	m.line(`.I command`)
	m.line(`[\fIflags\fR] [\fIarguments\fR]`)
	m.section("DESCRIPTION")
	m.text(description)
	m.section("EXAMPLES")
	m.examples("")
	m.section("COMMANDS")
	m.commands(parsed.Model.Node, "")
	m.section("FLAGS OF EVERY COMMAND")
	m.flags(parsed.Model.Node)
	m.section("OPTIONS OF THE CONFIGURATION")
	m.options()
	m.section("EXIT STATUS")
	for _, e := range exitMeanings() {
		m.item(fmt.Sprint(e.code), e.meaning)
	}
	m.section("FILES")
	m.item("/etc/sallyport/sallyport.toml", "The configuration of a server that was installed as a package.")
	m.item("/var/lib/sallyport/data", "Its embedded database (mode 0700).")
	m.item("/var/lib/sallyport/data.key", "Its master key (mode 0600). Keep a copy somewhere else: without it no secret in the database can be read.")
	_, err := io.WriteString(r.Out, m.out.String())
	return err
}

// manual is a page in the language of man(7).
type manual struct{ out strings.Builder }

// line writes a line of the language as it is.
func (m *manual) line(format string, args ...any) { fmt.Fprintf(&m.out, format+"\n", args...) }

func (m *manual) section(title string) { m.line(".SH %s", title) }

// text writes paragraphs for people.
func (m *manual) text(s string) {
	for i, paragraph := range strings.Split(s, "\n\n") {
		if i > 0 {
			m.line(".PP")
		}
		m.line("%s", escaped(strings.ReplaceAll(paragraph, "\n", " ")))
	}
}

// item writes a name and, indented under it, what it means.
func (m *manual) item(name, meaning string) {
	m.line(".TP\n.B %s", escaped(name))
	m.text(meaning)
}

// examples writes command lines as they are typed.
func (m *manual) examples(path string) {
	m.line(".nf")
	for _, e := range examples()[path] {
		m.line("%s", escaped(e))
	}
	m.line(".fi")
}

// commands writes every command that does something, with its flags.
func (m *manual) commands(node *kong.Node, path string) {
	for _, c := range node.Children {
		if c.Hidden {
			continue
		}
		name := strings.TrimSpace(path + " " + c.Name)
		if len(c.Children) > 0 {
			m.commands(c, name)
			continue
		}
		usage := name
		for _, a := range c.Positional {
			usage += " " + a.Summary()
		}
		m.line(".SS %s", escaped(usage))
		m.text(cmp.Or(c.Detail, c.Help))
		m.flags(c)
		m.line(".PP")
		m.examples(name)
	}
}

func (m *manual) flags(node *kong.Node) {
	for _, f := range node.Flags {
		if f.Hidden {
			continue
		}
		name := "--" + f.Name
		switch {
		case f.Tag.Negatable != "":
			name = "--[no-]" + f.Name
		case !f.IsBool():
			name += "=" + f.FormatPlaceHolder()
		}
		m.item(name, f.Help)
	}
}

// options writes the options of the configuration by their flags.
func (m *manual) options() {
	for _, o := range config.Options() {
		flag, variable := "--"+o.Flag(), o.Env()
		if o.Secret {
			flag, variable = flag+"-file", variable+"_FILE"
		}
		help := o.Help
		if o.Default != "" && o.Default != "false" {
			help += " Default: " + o.Default + "."
		}
		m.item(flag+", "+variable+", "+o.Key, help)
	}
}

// escaped keeps a text from being read as the language of the page.
func escaped(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	var plain strings.Builder
	for _, c := range s {
		if c < 0x80 {
			plain.WriteRune(c)
		} else {
			fmt.Fprintf(&plain, `\[u%04X]`, c) // not every reader knows the encoding
		}
	}
	return plain.String()
}

// exitMeaning is what a program that runs this one can tell from its end.
type exitMeaning struct {
	code    int
	meaning string
}

func exitMeanings() []exitMeaning {
	return []exitMeaning{
		{exitOK, "Done; also a server that was told to stop and stopped cleanly."},
		{exitFailed, "It failed."},
		{exitUsage, "The command line cannot be taken."},
		{exitConfig, "The configuration, the database or the master key cannot be used."},
		{exitRefused, "The key or the password was refused."},
		{exitTwoFactor, "Two-factor authentication is in force for the account, and a password alone is not enough."},
		{exitNothing, "Nothing was loaded: no row, or not the file, could be taken."},
		{exitRejected, "Some rows could not be taken; the others are loaded."},
		{exitUnavailable, "A server, the database or the network is not to be reached; trying again may help."},
		{exitConflict, "It is there already, or was changed meanwhile."},
		{exitInterrupted, "Interrupted."},
	}
}
