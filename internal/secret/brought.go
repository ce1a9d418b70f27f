package secret

import (
	"errors"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret/foreign"
)

// broughtMark stands before a hash that another system made. It tells an
// Argon2id hash of theirs, of the bytes as they were typed, from one of ours, of
// the normal form.
const broughtMark = "brought:"

// maxBrought is how many bytes of a typed text are tried: 128 characters in the
// normal form have no more, and some of these kinds hash the password as often
// as their rounds say. Text that is typed apart can be longer.
const maxBrought = 4 * MaximumLength

// errBrought says that a stored hash of another system cannot be read any more.
// It is no error of what somebody typed, so it has no code.
var errBrought = errors.New("secret: not a foreign hash within the cost ceilings")

// SealForeign seals a password hash that another system made, for a person who
// brings it along (UP4): it is stored where a hash of ours would be, and
// replaced by one at the first sign-in. It computes no hash and waits for
// nothing. Its errors are those of [foreign.Parse].
func (p *Passwords) SealForeign(userID core.ID, text string) (sealed string, err error) {
	h, err := foreign.Parse(text)
	if err != nil {
		return "", err
	}
	sealed, _ = p.ring.Seal(PasswordOf(userID), []byte(broughtMark+h.Text()))
	return sealed, nil
}

// verifyForeign checks a password against a hash of another system, which may
// have hashed what was typed as it came, or composed as we do it; and adds the
// present cost, right or wrong (EN2).
//
// An empty text is never right: other systems have hashed it for accounts that
// nobody could sign in to. A right password is outdated, unless the hash ends before the password does:
// then nobody has proved the rest, and a new hash would make a slip in it part
// of the password.
func (p *Passwords) verifyForeign(h foreign.Hash, typed, normal string) (right, outdated bool) {
	used := []byte(typed)
	right = len(used) <= maxBrought && h.Matches(used)
	if !right && normal != typed {
		used = []byte(normal)
		right = h.Matches(used)
	}
	right = right && typed != ""
	p.params.tagFor(normal, make([]byte, saltBytes), tagBytes)
	return right, right && h.Whole(used)
}
