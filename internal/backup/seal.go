package backup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"

	"github.com/sallyport/sallyport/internal/core"
)

// Seal says who can open a backup: exactly one of its fields is set. The key
// that opens it is never the master key, and need not be on the server (BK1).
type Seal struct {
	Recipients []string // public keys, as NewKey returns them
	Passphrase string
	None       bool // anybody; said explicitly
}

// Key is what opens a backup: the private keys as text, or the passphrase.
type Key struct {
	Identities string
	Passphrase string
}

// PassphraseMin is the least length of a passphrase for a backup. Unlike a
// password, it can be tried without anybody noticing.
const PassphraseMin = 16

// NewKey makes a key pair for backups: private opens what public seals. Both
// are those of the public tool age.
func NewKey() (private, public string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", err
	}
	return id.String(), id.Recipient().String(), nil
}

// Check refuses a seal that cannot be made.
func (s Seal) Check() error {
	_, err := s.recipients()
	return err
}

func (s Seal) recipients() ([]age.Recipient, error) {
	if s.None {
		return nil, nil
	}
	if s.Passphrase != "" {
		if len(s.Passphrase) < PassphraseMin {
			return nil, core.NewError(core.Invalid, "backup.passphrase").With("count", PassphraseMin)
		}
		r, err := age.NewScryptRecipient(s.Passphrase)
		return []age.Recipient{r}, err
	}
	var all []age.Recipient
	for _, text := range s.Recipients {
		r, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, core.NewError(core.Invalid, "backup.recipient").Because(err)
		}
		all = append(all, r...)
	}
	if len(all) == 0 {
		return nil, core.NewError(core.Invalid, "backup.recipient")
	}
	return all, nil
}

// wrap returns a writer whose Close ends the sealed text.
func (s Seal) wrap(to io.Writer) (io.WriteCloser, error) {
	recipients, err := s.recipients()
	if err != nil {
		return nil, err
	}
	if s.None {
		return open{to}, nil
	}
	return age.Encrypt(to, recipients...)
}

// open is a writer with nothing to end.
type open struct{ io.Writer }

// Close implements io.Closer.
func (open) Close() error { return nil }

// The first bytes of a sealed and of an open backup.
const (
	sealedMark = "age-encryption.org/"
	openMark   = "\x1f\x8b"
)

// open returns the compressed text of a backup.
func (k Key) open(from io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(from, 64<<10)
	start, err := in.Peek(len(sealedMark))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(start, []byte(openMark)):
		return in, nil
	case !bytes.Equal(start, []byte(sealedMark)):
		return nil, ErrForeign
	}
	identities, err := k.identities()
	if err != nil {
		return nil, err
	}
	plain, err := age.Decrypt(in, identities...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, ErrSealed
	}
	if err != nil {
		return nil, ErrDamaged.Because(err)
	}
	return damaged{plain}, nil
}

func (k Key) identities() ([]age.Identity, error) {
	if k.Passphrase != "" {
		id, err := age.NewScryptIdentity(k.Passphrase)
		if err != nil {
			return nil, err
		}
		return []age.Identity{id}, nil
	}
	if strings.TrimSpace(k.Identities) == "" {
		return nil, ErrKeyNeeded
	}
	all, err := age.ParseIdentities(strings.NewReader(k.Identities))
	if err != nil {
		return nil, core.NewError(core.Invalid, "backup.identity") // its cause may quote the key
	}
	return all, nil
}

// damaged turns what the seal says of a broken text into our own error.
type damaged struct{ in io.Reader }

// Read implements io.Reader.
func (d damaged) Read(b []byte) (int, error) {
	n, err := d.in.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = ErrDamaged.Because(fmt.Errorf("sealed text: %w", err))
	}
	return n, err
}
