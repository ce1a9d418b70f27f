package factor_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/factortest"
)

// TestEmailCodeIsBound (EM4): each part of a challenge changes its code. One
// pair in a million is equal by chance; these are not.
func TestEmailCodeIsBound(t *testing.T) {
	f := factor.NewEmail(factortest.Ring(t, 1))
	base := rightEmail(t, f, "u1", now).Challenge
	seen := map[string]string{}
	for name, change := range map[string]func(c *core.Challenge){
		"as it was":       func(*core.Challenge) {},
		"another attempt": func(c *core.Challenge) { c.OwnerID = "attempt-2" },
		"another row":     func(c *core.Challenge) { c.ID = "challenge-2" },
		"another purpose": func(c *core.Challenge) { c.Purpose = core.PurposeEnrol },
		"another address": func(c *core.Challenge) { c.Address = "b@example.org" },
		"another issue":   func(c *core.Challenge) { c.Issue = 2 },
	} {
		c := base
		change(&c)
		code, err := f.Compose(c)
		again, err2 := f.Compose(c)
		if err != nil || err2 != nil || code != again || len(code) != 6 {
			t.Fatalf("%s: %q, %q, %v, %v", name, code, again, err, err2)
		}
		if twin, ok := seen[code]; ok {
			t.Errorf("%s has the code of %s", name, twin)
		}
		seen[code] = name
	}
}

func TestEmailCodeLife(t *testing.T) {
	f := factor.NewEmail(factortest.Ring(t, 1))
	v := rightEmail(t, f, "u1", now)
	for name, c := range map[string]struct {
		at   time.Time
		code string
	}{
		"at once":         {v.Challenge.IssuedAt, ""},
		"last moment":     {v.Challenge.IssuedAt.Add(core.CodeLife - time.Microsecond), ""},
		"after 10 min":    {v.Challenge.IssuedAt.Add(core.CodeLife), "code.expired"},
		"the other day":   {v.Challenge.IssuedAt.Add(24 * time.Hour), "code.expired"},
		"clock went back": {v.Challenge.IssuedAt.Add(-time.Second), ""},
	} {
		v.Now = c.at
		if _, err := f.Check(v); err != nil && core.CodeOf(err) != c.code || err == nil && c.code != "" {
			t.Errorf("%s: got %v, want %q", name, err, c.code)
		}
	}
	v.Now, v.Challenge.Issue = now, 0
	if _, err := f.Check(v); core.CodeOf(err) != "code.expired" {
		t.Errorf("never issued: got %v", err)
	}
	if code, err := f.Compose(v.Challenge); err == nil {
		t.Errorf("never issued: composed %q", code)
	}
}

// TestNewIssueReplacesTheOld (EM5).
func TestNewIssueReplacesTheOld(t *testing.T) {
	f := factor.NewEmail(factortest.Ring(t, 1))
	v := rightEmail(t, f, "u1", now)
	v.Challenge.Issue++
	if _, err := f.Check(v); core.CodeOf(err) != "code.wrong" {
		t.Fatalf("the old code: got %v", err)
	}
}
