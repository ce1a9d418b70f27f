package cli

import (
	"context"
	"io"

	"github.com/alecthomas/kong"
)

// IO is what a run works with; tests pass their own.
type IO struct {
	Args    []string
	Environ []string
	In      io.Reader
	Out     io.Writer // results
	Err     io.Writer // everything else
}

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
	Backup  backupCommands `cmd:"" help:"Back up everything, and restore it."`
	Audit   auditCommands  `cmd:"" help:"The audit log: verify it, export it."`
	Keys    apiKeyCommands `cmd:"" help:"API keys of people, for programs."`
	Load    loadCommands   `cmd:"" help:"Load people, groups and memberships from a file."`
	Key     keyCommands    `cmd:"" help:"The keys that secrets are sealed with."`
	Doctor  doctorCommand  `cmd:"" help:"Look everything over and say what is wrong."`
	Health  healthCommand  `cmd:"" help:"Ask the server on this machine whether it is ready."`
	Migrate migrateCommand `cmd:"" help:"Bring the database up to date and stop."`
	Version versionCommand `cmd:"" help:"Print the version."`

	Completion completionCommand `cmd:"" help:"Print what a shell needs to complete commands with Tab."`
	Complete   completeCommand   `cmd:"" hidden:"" help:"What a shell asks while somebody types."`
	Man        manCommand        `cmd:"" hidden:"" help:"Print the manual page, for packages."`
}

// Run runs one command line and returns its exit code.
func Run(ctx context.Context, io IO) int {
	r := &run{IO: io, ctx: ctx, tree: &commands{}}
	args, err := r.takeOptions(usual(io.Args))
	if err != nil {
		return r.failed(err)
	}
	code := -1
	parser, err := kong.New(r.tree, kong.Name("sallyport"), kong.Description(description), kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Writers(io.Out, io.Err), kong.Exit(func(c int) { code = c }), kong.Bind(r))
	if err != nil {
		return r.failed(err)
	}
	parsed, err := parser.Parse(args)
	if code >= 0 {
		return code // --help was printed
	}
	if err != nil {
		return r.failed(misread(err, args))
	}
	if err := parsed.Run(r); err != nil {
		return r.failed(err)
	}
	return exitOK
}

// usual turns what people try first on any program into commands of this one.
func usual(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(args[1:len(args):len(args)], "--help")
	case args[0] == "--version":
		return []string{"version"}
	}
	return args
}

// run is one command line being carried out.
type run struct {
	IO
	ctx   context.Context
	tree  *commands
	flags map[string]string // options of the configuration given as flags
	barAt bool              // a bar stands in the line that the terminal is at
}
