package passwordclient_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// TestBroughtHashIsRenewed: an account that only a program uses gets a hash of ours
// the first time that the right password is shown, and not by a wrong one (PW9, UP4).
func TestBroughtHashIsRenewed(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", off)
	// By Python's hashlib, with the salt "salt".
	sealed, err := d.hashes.SealForeign(u.ID, "{SSHA}ZiagWDkTqRb5dGI8jNjih9ltdZxzYWx0")
	d.must(err)
	_, err = d.raw.ExecContext(t.Context(), "UPDATE person SET password_sealed = $1 WHERE id = $2", sealed, string(u.ID))
	d.must(err)
	stored := func() core.User { return d.view(u).Account.User }
	if got := d.shows(u.Email, "wrong horse battery", office); got != "client.wrong" {
		t.Errorf("a wrong password: %q", got)
	}
	if stored().PasswordSealed != sealed {
		t.Error("a wrong password replaced the hash")
	}
	if got := d.shows(u.Email, password, office); got != "" {
		t.Fatalf("the right one: %q", got)
	}
	now := stored()
	text, err := d.ring.Open(secret.PasswordOf(u.ID), now.PasswordSealed)
	d.must(err)
	if !strings.HasPrefix(string(text), "$argon2id$v=19$") || now.PasswordVersion != u.PasswordVersion {
		t.Errorf("stored %.12s at version %d, want a hash of ours at %d", text, now.PasswordVersion, u.PasswordVersion)
	}
	if got := d.shows(u.Email, password, office); got != "" {
		t.Errorf("again: %q", got)
	}
}
