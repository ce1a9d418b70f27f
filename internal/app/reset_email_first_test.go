package app_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestResetIsEmailFirst: after "admin reset-2fa" of an account that had
// two-factor on, the next sign-in asks for an emailed code, as the command
// says and RC6 demands; a password alone is not enough.
func TestResetIsEmailFirst(t *testing.T) {
	s := start(t)
	s.withApp("faye@example.com")
	acc, _, err := s.Accounts.Find(t.Context(), "faye@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Help.OperatorReset(t.Context(), acc, operator, core.CheckedInPerson, "lost phone", false); err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	b.signIn("faye@example.com", password)
	if b.cookie("sp_session") != "" {
		t.Errorf("after the reset a password alone opens a session of level %d", b.levelOf(s))
	}
}
