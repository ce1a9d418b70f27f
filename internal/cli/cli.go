package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/sallyport/sallyport/internal/config"
)

// IO is what a run works with; tests pass their own.
type IO struct {
	Args    []string
	Environ []string
	In      io.Reader
	Out     io.Writer // results
	Err     io.Writer // everything else
}

// The exit codes (ux §10). Scripts rely on them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitConfig      = 3
	exitUnavailable = 8
	exitConflict    = 9
	exitInterrupted = 130
)

// commands is the tree that kong reads.
type commands struct {
	Config  string `name:"config" placeholder:"FILE" help:"Configuration file (also SALLYPORT_CONFIG)."`
	JSON    bool   `name:"json" help:"Print results as JSON."`
	Quiet   bool   `name:"quiet" short:"q" help:"Print results and errors only."`
	NoColor bool   `name:"no-color" help:"Accepted for scripts; nothing is coloured."`
	NoInput bool   `name:"no-input" help:"Never ask; fail where something is missing."`

	Serve   serveCommand   `cmd:"" help:"Serve sign-in."`
	Demo    demoCommand    `cmd:"" help:"Try everything: a whole organization with an application, on this machine."`
	Admin   adminCommands  `cmd:"" help:"Administrators, and help for people who are stuck."`
	Org     orgCommands    `cmd:"" help:"Organizations and their policy."`
	User    userCommands   `cmd:"" help:"People."`
	App     appCommands    `cmd:"" help:"Applications behind Sallyport."`
	Conf    configCommands `cmd:"" name:"config" help:"The configuration."`
	Mail    mailCommands   `cmd:"" help:"Mail."`
	Migrate migrateCommand `cmd:"" help:"Bring the database up to date and stop."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

const description = `Sign-in and two-factor authentication in front of your applications.

Examples:
  sallyport demo                                     try it, on this machine only
  sallyport serve --config /etc/sallyport.toml       serve
  sallyport admin create --email ana@example.com --first Ana --last Diaz
  sallyport org set --require-two-factor             ask everybody for a second step
  sallyport app add Wiki https://example.com/wiki    put an application behind it

Every option of the configuration is also a flag (--base-url, --data, …), an
environment variable (SALLYPORT_BASE_URL) and a key of the file (base_url);
"sallyport config check" prints them all.`

// usageError is a command line that cannot be taken.
type usageError struct{ text, hint string }

func (e usageError) Error() string { return e.text }

// Run runs one command line and returns its exit code.
func Run(ctx context.Context, io IO) int {
	r := &run{IO: io, ctx: ctx}
	args, err := r.takeOptions(io.Args)
	if err != nil {
		return r.failed(err)
	}
	var tree commands
	code := -1
	parser, err := kong.New(&tree, kong.Name("sallyport"), kong.Description(description), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Writers(io.Out, io.Err), kong.Exit(func(c int) { code = c }), kong.Bind(r))
	if err != nil {
		return r.failed(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if code >= 0 {
		return code // --help was printed
	}
	if err != nil {
		return r.failed(usageError{text: err.Error(), hint: "run: sallyport --help"})
	}
	r.tree = &tree
	if err := parsed.Run(r); err != nil {
		return r.failed(err)
	}
	return exitOK
}

// run is one command line being carried out.
type run struct {
	IO
	ctx   context.Context
	tree  *commands
	flags map[string]string // options of the configuration given as flags
}

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
		o, ok := optionOf(name)
		if !strings.HasPrefix(arg, "--") || !ok {
			rest = append(rest, arg)
			continue
		}
		if o.Secret && name == o.Flag() {
			return nil, usageError{text: "--" + name + " would show the secret to everybody who can list processes",
				hint: fmt.Sprintf("Pass the secret with --%s-file or %s.", name, o.Env())}
		}
		if !given {
			switch {
			case o.Default == "false":
				value = "true"
			case i+1 < len(args):
				i++
				value = args[i]
			default:
				return nil, usageError{text: "--" + name + " needs a value"}
			}
		}
		r.flags[name] = value
	}
	return rest, nil
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

// errInterrupted is a command that was told to stop before it was done.
var errInterrupted = errors.New("interrupted")
