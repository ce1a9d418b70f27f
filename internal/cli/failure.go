package cli

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/words"
)

// The exit codes (ux §10). Scripts rely on them. A server that was told to stop
// and stopped cleanly ends with exitOK.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitConfig      = 3
	exitRefused     = 4
	exitTwoFactor   = 5
	exitNothing     = 6
	exitRejected    = 7
	exitUnavailable = 8
	exitConflict    = 9
	exitInterrupted = 130
)

// errInterrupted is a command that was told to stop before it was done.
var errInterrupted = errors.New("interrupted")

// errTrouble is what a look over the deployment ends with that found some.
var errTrouble = errors.New("something is wrong: see the lines that begin with fail")

// configError is a configuration that cannot be used.
type configError struct{ cause error }

func (e configError) Error() string { return "the configuration cannot be used:\n" + e.cause.Error() }
func (e configError) Unwrap() error { return e.cause }

// openError is a database or key that the configuration names and that cannot
// be opened. Package app says what happened and, after a semicolon, what to do.
type openError struct{ cause error }

func (e openError) Error() string { return e.cause.Error() }
func (e openError) Unwrap() error { return e.cause }

// failed prints what went wrong and what to do, and returns the exit code.
func (r *run) failed(err error) int {
	var usage usageError
	var conf configError
	var open openError
	var notReady notReadyError
	var folder folderError
	switch {
	case errors.Is(err, errInterrupted) || r.ctx.Err() != nil:
		r.sayError("interrupted", "")
		return exitInterrupted
	case errors.As(err, &usage):
		r.sayError(usage.text, usage.hint)
		return exitUsage
	case errors.As(err, &conf):
		r.sayError(indent(conf.Error()), "every option with its meaning is in docs/config.md, of a package in /usr/share/doc/sallyport/config.md")
		return exitConfig
	case errors.As(err, &folder):
		code, hint := folder.code()
		r.sayError(folder.Error(), hint)
		return code
	case errors.As(err, &notReady):
		r.sayError(notReady.Error(), "is the server running, with the same configuration as this command?")
		return exitUnavailable
	case errors.As(err, &open):
		text, hint := opened(open.cause)
		r.sayError(text, hint)
		if unreachable(err) {
			return exitUnavailable
		}
		return exitConfig
	}
	if code, hint, ours := loadCode(err); ours {
		if err.Error() != "" {
			r.sayError(indent(err.Error()), hint)
		}
		return code
	}
	text := sentence(err)
	r.sayError(text, hintOf(err))
	return exitOf(err)
}

// opened splits what package app says about a start that failed. The code of
// an error of ours at its end is for programs.
func opened(err error) (text, hint string) {
	text, hint, _ = strings.Cut(err.Error(), "; ")
	var e *core.Error
	if errors.As(err, &e) {
		text = strings.TrimSuffix(text, ": "+e.Error())
		hint = hintOf(err)
	}
	if unreachable(err) {
		hint = "is the database running, and is its address right?"
	}
	return indent(text), hint
}

// unreachable reports whether nobody answered at the other end of a connection.
func unreachable(err error) bool {
	var e *net.OpError
	return errors.As(err, &e) && e.Op == "dial"
}

func exitOf(err error) int {
	switch core.CodeOf(err) {
	case "mail.not_configured":
		return exitConfig
	case "mail.refused", "mail.declined", "mail.sender", "mail.login":
		return exitFailed // the server answered, and will answer the same
	case "backup.damaged", "backup.foreign", "backup.newer", "backup.sealed":
		return exitFailed // the file is what is wrong
	case "backup.master_key", "backup.no_master_key":
		return exitConfig
	}
	if strings.HasPrefix(core.CodeOf(err), "audit.") {
		return exitFailed // what was looked at is what is wrong
	}
	switch core.KindOf(err) {
	case core.Conflict:
		return exitConflict
	case core.Unavailable:
		return exitUnavailable
	case core.Invalid:
		return exitUsage
	}
	return exitFailed
}

// hintOf returns what to do next on this command line, where an error's
// sentence, which also stands on pages, cannot say it.
func hintOf(err error) string {
	switch core.CodeOf(err) {
	case "key.wrong":
		return "put back the key file that was made with this database, or name it with --key-file"
	case "organization.none":
		return "run: sallyport admin create (it makes the first one), or: sallyport org create NAME"
	case "organization.unknown", "organization.which":
		return "give one with --org; sallyport org list shows them"
	case "user.unknown", "user.taken":
		return "sallyport user list shows everybody"
	case "application.unknown", "application.taken":
		return "sallyport app list shows them"
	case "mail.not_configured":
		return "docs/config.md says how; --smtp-url-file FILE tries one out"
	case "backup.exists":
		return "choose another name, or replace it with --force"
	case "backup.not_empty":
		return "name a new data folder with --data, or an empty database with --database-file; nothing was changed"
	case "backup.damaged", "backup.foreign":
		return "take another backup; sallyport backup restore --check FILE tells which are whole"
	case "backup.key_needed", "backup.sealed", "backup.identity":
		return "give the private key with --identity FILE, or the passphrase with --passphrase-file FILE"
	case "backup.master_key", "backup.no_master_key":
		return "put the key file there that was in use when the backup was made (key rotate --master keeps the one before it as FILE.old-TIME), mode 0600, or name it with --key-file; nothing was changed"
	case "backup.newer":
		return "install the version that made it, or a later one"
	case "audit.key_other", "audit.key_unknown":
		return "sallyport audit verify, on the server, prints the checkpoint and the key to go by"
	case "audit.no_checkpoint":
		return "a checkpoint begins with sallyport-audit-1; the server's log has them"
	case "audit.file_short", "audit.file_line", "audit.file_empty":
		return "fetch the file again; if it is the same, it was cut or changed"
	case "codes.none_held":
		return "sallyport admin release-codes --all does it for everybody who has some"
	case "stale":
		return "run it again"
	}
	var e *net.OpError
	if errors.As(err, &e) && e.Op == "listen" {
		return "another program listens there, or you may not; choose another address with --addr"
	}
	return ""
}

// sentence returns what a person reads: the catalogue's sentence for our own
// errors, each field on its line, and the plain text of any other.
func sentence(err error) string {
	var e *core.Error
	if !errors.As(err, &e) || e.Kind == core.Internal {
		return err.Error()
	}
	catalogue, loadErr := words.Load()
	if loadErr != nil {
		return err.Error()
	}
	p := catalogue.Printer("en")
	if len(e.Fields) == 0 {
		return p.Error(e)
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		lines = append(lines, strings.ReplaceAll(name, "_", " ")+": "+p.Error(e.Fields[name]))
	}
	return strings.Join(lines, "\n       ")
}

func (r *run) sayError(text, hint string) {
	r.endLine()
	fmt.Fprintf(r.Err, "error: %s\n", clean(text))
	if hint != "" {
		fmt.Fprintf(r.Err, "hint: %s\n", clean(hint))
	}
}

func indent(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") }
