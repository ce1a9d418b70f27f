package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/backup"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

type backupCommands struct {
	Key     backupKey     `cmd:"" help:"Make a key for backups; best on another machine than the server."`
	Create  backupCreate  `cmd:"" help:"Write a backup of everything, while servers run."`
	Restore backupRestore `cmd:"" help:"Bring a backup into an empty database, or check one."`
}

type backupKey struct {
	File string `arg:"" help:"File for the private key; - prints it."`
}

// Run makes a key pair: who has the private one can read the backups.
func (c *backupKey) Run(r *run) error {
	private, public, err := backup.NewKey()
	if err != nil {
		return err
	}
	text := fmt.Sprintf("# opens backups that were made with: --to %s\n%s\n", public, private)
	if c.File == "-" {
		_, err := io.WriteString(r.Out, text)
		return err
	}
	err = backup.WriteFile(c.File, false, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		return err
	}
	r.say("made %s: it opens every backup made with the key below; keep it where neither the server nor the backups are", c.File)
	return r.print(map[string]string{"file": c.File, "to": public}, "%s", public)
}

type backupCreate struct {
	File           string   `arg:"" help:"File to write; - for standard output."`
	To             []string `placeholder:"KEY" help:"Public key that backup key printed; may be repeated. One of --to, --passphrase-file and --unencrypted is needed."`
	PassphraseFile string   `placeholder:"FILE" help:"File with a passphrase instead of a key."`
	Unencrypted    bool     `help:"Write a file that whoever gets it can read."`
	Force          bool     `help:"Replace the file if it is there."`
}

// wroteBackup is a backup for programs.
type wroteBackup struct {
	File      string    `json:"file"`
	TakenAt   time.Time `json:"taken_at"`
	Schema    int64     `json:"schema"`
	People    int64     `json:"people"`
	Rows      int64     `json:"rows"`
	Encrypted bool      `json:"encrypted"`
	MasterKey string    `json:"master_key_not_inside,omitempty"` // its path
}

// Run writes a backup.
func (c *backupCreate) Run(r *run) error {
	seal, err := c.seal()
	if err != nil {
		return err
	}
	conf, err := r.load(true)
	if err != nil {
		return err
	}
	if conf.Database == "" {
		if _, err := os.Stat(filepath.Join(conf.Data, "sallyport.db")); errors.Is(err, fs.ErrNotExist) {
			return openError{fmt.Errorf("there is no database in the data folder %s; name the server's with --data or --config", conf.Data)}
		}
	}
	b := app.NewBackups(conf, parts(conf, io.Discard), version())
	s, err := b.Create(r.ctx, seal, operator(), func(fill func(io.Writer) error) error {
		if c.File == "-" {
			return fill(r.Out)
		}
		return backup.WriteFile(c.File, c.Force, fill)
	})
	if err != nil {
		return opening(err)
	}
	r.say("the master key %s is not inside: keep a copy of it somewhere else; without it nothing secret in this backup can be read", conf.KeyPath())
	if seal.None {
		r.say("this backup is not encrypted: whoever gets it reads every name and address in it")
	}
	w := wroteBackup{c.File, s.TakenAt.UTC(), s.Schema, s.Rows["person"], s.Total(), !seal.None, conf.KeyPath()}
	if c.File == "-" {
		r.say("wrote a backup of %s", holds(s))
		return nil
	}
	return r.print(w, "wrote %s: %s", c.File, holds(s))
}

// holds says what a backup holds.
func holds(s backup.Summary) string {
	return fmt.Sprintf("%d people, %d rows in all, as of %s", s.Rows["person"], s.Total(), s.TakenAt.UTC().Format("2006-01-02 15:04:05 UTC"))
}

func (c *backupCreate) seal() (backup.Seal, error) {
	s := backup.Seal{Recipients: c.To, None: c.Unencrypted}
	given := 0
	for _, one := range []bool{len(c.To) > 0, c.PassphraseFile != "", c.Unencrypted} {
		if one {
			given++
		}
	}
	if given != 1 {
		return s, usageError{
			text: "say who can read the backup: one of --to, --passphrase-file and --unencrypted",
			hint: "sallyport backup key FILE makes a key and prints what --to takes",
		}
	}
	if c.PassphraseFile == "" {
		return s, nil
	}
	var err error
	s.Passphrase, err = readSecret(c.PassphraseFile)
	return s, err
}

type backupRestore struct {
	File           string `arg:"" help:"File that backup create wrote."`
	Identity       string `placeholder:"FILE" help:"File with the private key that backup key made."`
	PassphraseFile string `placeholder:"FILE" help:"File with the passphrase, where the backup has one."`
	Check          bool   `help:"Read the whole file and say whether it is whole; write nothing."`
}

// restoredBackup is a restore, or a check, for programs.
type restoredBackup struct {
	File      string    `json:"file"`
	TakenAt   time.Time `json:"taken_at"`
	MadeBy    string    `json:"made_by"`
	Schema    int64     `json:"schema"`
	People    int64     `json:"people"`
	Rows      int64     `json:"rows"`
	MasterKey string    `json:"master_key,omitempty"` // the file that belongs to it; empty: none is here
	Restored  bool      `json:"restored"`
}

// Run restores a backup, or checks one.
func (c *backupRestore) Run(r *run) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	if c.File == "-" {
		return usageError{text: "a backup is read twice, so it must be a file", hint: "write it to a file first"}
	}
	conf, err := r.load(true)
	if err != nil {
		return err
	}
	b, from := app.NewBackups(conf, parts(conf, io.Discard), version()), app.FileSource(c.File)
	var found app.Checked
	if c.Check {
		found, err = b.Check(r.ctx, from, key)
	} else {
		found, err = b.Restore(r.ctx, from, key, operator())
	}
	if err != nil {
		return opening(err)
	}
	done := restoredBackup{c.File, found.TakenAt.UTC(), found.MadeBy, found.Schema, found.Rows["person"], found.Total(), found.MasterKey, !c.Check}
	if c.Check {
		return r.print(done, "%s is whole: %s\n%s", c.File, holds(found.Summary), fits(found, conf))
	}
	r.say("%s", afterRestore)
	return r.print(done, "restored %s", holds(found.Summary))
}

const afterRestore = `everybody is signed out, and reset links, invitations, codes and remembered devices of before no longer work
links in mails of before that take back a change of address or say "Wasn't you?" still do: they only end or restore things
recovery codes wait: sallyport admin release-codes lets them count again
whatever was changed after the backup is undone, passwords and deactivated accounts too: see docs/backup.md`

func fits(c app.Checked, conf config.Config) string {
	if c.MasterKey == "" {
		return "there is no master key " + conf.KeyPath() + " here: whether you have the right one was not checked"
	}
	return "the master key " + c.MasterKey + " belongs to it"
}

func (c *backupRestore) key() (k backup.Key, err error) {
	if c.Identity != "" && c.PassphraseFile != "" {
		return k, usageError{text: "--identity and --passphrase-file cannot be used together"}
	}
	if c.Identity != "" {
		k.Identities, err = readSecret(c.Identity)
	}
	if c.PassphraseFile != "" {
		k.Passphrase, err = readSecret(c.PassphraseFile)
	}
	return k, err
}

// maxSecret bounds a file of keys or a passphrase.
const maxSecret = 64 << 10

// readSecret reads a small file without the line break at its end.
func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	text := strings.TrimRight(string(raw), "\r\n")
	if text == "" || len(raw) > maxSecret {
		return "", usageError{text: path + " is empty or far too long"}
	}
	return text, nil
}

// opening tells a database or configuration that cannot be used from a backup
// that went wrong.
func opening(err error) error {
	for _, cause := range []error{app.ErrOpen, app.ErrHalfRestored, sqlstore.ErrNewerSchema, sqlstore.ErrNoSchema} {
		if errors.Is(err, cause) {
			return openError{err}
		}
	}
	if unreachable(err) {
		return openError{err}
	}
	return err
}
