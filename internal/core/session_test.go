package core_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func TestVerdict(t *testing.T) {
	session := func(level core.Level, changes ...func(*core.Session)) core.Session {
		s := core.Session{ID: "s1", UserID: "u1", Level: level, SignedInAt: now.Add(-10 * time.Minute), LastSeenAt: now.Add(-time.Minute)}
		for _, c := range changes {
			c(&s)
		}
		return s
	}
	old := func(s *core.Session) { s.SignedInAt = now.Add(-2 * time.Hour) } // before required's date
	device := func(s *core.Session) { s.DeviceID = "d1" }
	user := func(change func(*core.User)) func(*core.Account) {
		return func(a *core.Account) { change(&a.User) }
	}
	temporary := user(func(u *core.User) { u.PasswordDue, u.PasswordDueAt = core.PasswordTemporary, now.Add(-time.Hour) })
	distrusted := user(func(u *core.User) { u.PasswordDue, u.PasswordDueAt = core.PasswordDistrusted, now.Add(-time.Hour) })
	setAt := func(ago time.Duration) func(*core.Account) {
		return user(func(u *core.User) { u.PasswordSetAt = now.Add(-ago) })
	}
	expires := func(p *core.Policy) { p.PasswordDays = 90 }
	resetAll := func(p *core.Policy) { p.PasswordsFrom = now.Add(-time.Hour) }
	resetNow := func(p *core.Policy) { p.PasswordsFrom, p.PasswordsNow = now.Add(-time.Hour), true }
	resetLater := func(p *core.Policy) { p.PasswordsFrom, p.PasswordsNow = now.Add(time.Hour), true }
	but := func(id core.ID) func(*core.Policy) { return func(p *core.Policy) { p.PasswordsExcept = id } }
	tests := []struct {
		name    string
		session core.Session
		account core.Account
		org     core.Organization
		device  core.Level
		want    core.Verdict
	}{
		{"nothing required", session(1), person(), org(), 0, core.VerdictOpen},
		{"required, level 2", session(2), person(), org(required), 0, core.VerdictOpen},
		{"required, level 1", session(1), person(), org(required), 0, core.VerdictStepUp},
		{"required, level 1, remembered device", session(1, device), person(boxOn), org(required), 2, core.VerdictOpen},
		{"required, level 1, device ended since", session(1, device), person(boxOn), org(required), 0, core.VerdictStepUp},
		{"remembered by email, apps only since", session(1, device), person(boxOn, withApp), org(required, appsOnly), 2, core.VerdictStepUp},
		{"remembered by an app, apps only", session(1, device), person(boxOn, withApp), org(required, appsOnly), 3, core.VerdictOpen},
		{"administrators must use an app, this one came by email", session(2), person(admin, boxOn, withApp), org(required, adminsApp), 0, core.VerdictStepUp},
		{"required, level 1, exempt", session(1), person(exempt), org(required), 0, core.VerdictOpen},
		{"exempt, but the own box is on", session(1), person(exempt, boxOn), org(required), 0, core.VerdictStepUp},
		{"signed in before the requirement", session(1, old), person(), org(required), 0, core.VerdictOpen},
		{"signed in before, people are asked now", session(1, old), person(), org(required, askNow), 0, core.VerdictStepUp},
		{"signed in before, own box on", session(1, old), person(boxOn), org(required), 0, core.VerdictStepUp},
		{"own box on, mailbox proof put off by this session", session(1), person(boxOn, waitingApp), org(), 0, core.VerdictOpen},
		{"... and the organization requires it from now on", session(1), person(boxOn, waitingApp), org(required), 0, core.VerdictStepUp},
		{"... which began after this sign-in", session(1, old), person(boxOn, waitingApp), org(required), 0, core.VerdictOpen},
		{"own box on, app active: no grace", session(1, old), person(boxOn, withApp), org(), 0, core.VerdictStepUp},
		{"requirement ahead", session(1), person(), org(requiredAhead), 0, core.VerdictOpen},
		{"apps only, level 2, no app", session(2), person(), org(required, appsOnly), 0, core.VerdictAppDue},
		{"apps only, level 2, has an app", session(2), person(boxOn, withApp), org(required, appsOnly), 0, core.VerdictStepUp},
		{"apps only, level 3", session(3), person(boxOn, withApp), org(required, appsOnly), 0, core.VerdictOpen},
		{"apps only, no app, level 1 by a device", session(1, device), person(boxOn), org(required, appsOnly), 2, core.VerdictAppDue},
		{"apps only, no app, signed in before", session(1, old), person(), org(required, appsOnly), 0, core.VerdictOpen},
		{"administrators must use an app", session(2), person(admin, boxOn), org(required, adminsApp), 0, core.VerdictAppDue},
		{"... which does not bind others", session(2), person(boxOn), org(required, adminsApp), 0, core.VerdictOpen},
		{"temporary password", session(1), person(temporary), org(), 0, core.VerdictPasswordDue},
		{"... asked for after this sign-in", session(1, old), person(temporary), org(), 0, core.VerdictOpen},
		{"... comes after the second factor", session(1), person(boxOn, temporary), org(), 0, core.VerdictStepUp},
		{"... and before the app", session(2), person(temporary), org(required, appsOnly), 0, core.VerdictPasswordDue},
		{"distrusted password alone", session(1), person(distrusted), org(), 0, core.VerdictStepUp},
		{"distrusted password alone, requirement ahead", session(1), person(distrusted), org(requiredAhead), 0, core.VerdictStepUp},
		{"distrusted password and a code", session(2), person(distrusted), org(), 0, core.VerdictPasswordDue},
		{"distrusted, exempt", session(1), person(distrusted, exempt), org(required), 0, core.VerdictStepUp},
		{"password of 91 days", session(1), person(setAt(91 * 24 * time.Hour)), org(expires), 0, core.VerdictPasswordDue},
		{"password of 89 days", session(1), person(setAt(89 * 24 * time.Hour)), org(expires), 0, core.VerdictOpen},
		{"password that got old in this session", session(1, old), person(setAt(90*24*time.Hour + time.Hour)), org(expires), 0, core.VerdictOpen},
		{"all passwords reset", session(1), person(setAt(2 * time.Hour)), org(resetAll), 0, core.VerdictPasswordDue},
		{"all passwords reset, chosen since", session(1), person(setAt(30 * time.Minute)), org(resetAll), 0, core.VerdictOpen},
		{"all passwords reset, signed in before", session(1, old), person(setAt(3 * time.Hour)), org(resetAll), 0, core.VerdictOpen},
		{"all passwords reset now, signed in before", session(1, old), person(setAt(3 * time.Hour)), org(resetNow), 0, core.VerdictPasswordDue},
		{"all passwords reset now, chosen since", session(1, old), person(setAt(30 * time.Minute)), org(resetNow), 0, core.VerdictOpen},
		{"all passwords reset now, but the second factor first", session(1, old), person(boxOn, withApp, setAt(3*time.Hour)), org(resetNow), 0, core.VerdictStepUp},
		{"all passwords reset from later", session(1, old), person(setAt(3 * time.Hour)), org(resetLater), 0, core.VerdictOpen},
		{"all passwords reset, by this administrator", session(1), person(setAt(3 * time.Hour)), org(resetNow, but("u1")), 0, core.VerdictOpen},
		{"all passwords reset, by another", session(1), person(setAt(3 * time.Hour)), org(resetNow, but("u2")), 0, core.VerdictPasswordDue},
		{"no new apps, administrators must use one", session(2), person(admin, boxOn), org(required, adminsApp, noNewApps), 0, core.VerdictOpen},
		{"no new apps, apps only, has an app", session(2), person(boxOn, withApp), org(required, appsOnly, noNewApps), 0, core.VerdictStepUp},
		{"idle too long", session(2, func(s *core.Session) { s.LastSeenAt = now.Add(-time.Hour) }), person(), org(), 0, core.VerdictEnded},
		{"too old in all", session(2, func(s *core.Session) { s.SignedInAt = now.Add(-24 * time.Hour) }), person(), org(), 0, core.VerdictEnded},
		{"ended", session(2, func(s *core.Session) { s.EndedAt = now }), person(), org(), 0, core.VerdictEnded},
		{"deactivated", session(2), person(func(a *core.Account) { a.User.Status = core.Inactive }), org(), 0, core.VerdictEnded},
		{"no access any more", session(2), person(func(a *core.Account) { a.User.Type = core.NoAccess }), org(), 0, core.VerdictEnded},
		{"organization locked", session(2), person(), func() core.Organization { o := org(); o.Locked = true; return o }(), 0, core.VerdictEnded},
		{"organization locked, administrator", session(2), person(admin), func() core.Organization { o := org(); o.Locked = true; return o }(), 0, core.VerdictOpen},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.session.Verdict(tt.account, tt.org, tt.device, now); got != tt.want {
				t.Errorf("Verdict = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestLapsed(t *testing.T) {
	tests := []struct {
		name    string
		session core.Session
		want    core.Lapse
	}{
		{"in use", core.Session{SignedInAt: now.Add(-time.Hour), LastSeenAt: now.Add(time.Second - time.Hour)}, ""},
		{"an hour without use", core.Session{SignedInAt: now.Add(-2 * time.Hour), LastSeenAt: now.Add(-time.Hour)}, core.LapseIdle},
		{"a day", core.Session{SignedInAt: now.Add(-24 * time.Hour), LastSeenAt: now}, core.LapseLong},
		{"both", core.Session{SignedInAt: now.Add(-24 * time.Hour), LastSeenAt: now.Add(-2 * time.Hour)}, core.LapseLong},
		{"signed out a day ago", core.Session{SignedInAt: now.Add(-48 * time.Hour), EndedAt: now.Add(-24 * time.Hour)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.session.Lapsed(core.DefaultPolicy(), now); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestConfirmed(t *testing.T) {
	tests := []struct {
		name   string
		proved time.Time
		want   bool
	}{
		{"never, as after a remembered device", time.Time{}, false},
		{"just now", now, true},
		{"a second short of ten minutes", now.Add(time.Second - core.ConfirmLife), true},
		{"ten minutes", now.Add(-core.ConfirmLife), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (core.Session{ProvedAt: tt.proved}).Confirmed(now); got != tt.want {
				t.Errorf("Confirmed = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRequire(t *testing.T) {
	tests := []struct {
		name string
		acc  core.Account
		org  core.Organization
		want core.Requirement
	}{
		{"nothing", person(), org(), core.Requirement{Level: core.LevelPassword}},
		{"own box", person(boxOn), org(), core.Requirement{Level: core.LevelEmail, ByPerson: true}},
		{"organization", person(), org(required), core.Requirement{Level: core.LevelEmail}},
		{"apps only without the requirement does nothing to an off account", person(), org(appsOnly), core.Requirement{Level: core.LevelPassword}},
		{"apps only, app", person(withApp), org(required, appsOnly), core.Requirement{Level: core.LevelStrong}},
		{"apps only, none", person(), org(required, appsOnly), core.Requirement{Level: core.LevelEmail, AppWall: true}},
		{"off for now does not ask", person(suspended, withApp), org(), core.Requirement{Level: core.LevelPassword}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := core.Require(tt.acc, tt.org.Policy, now); got != tt.want {
				t.Errorf("Require = %+v, want %+v", got, tt.want)
			}
		})
	}
}
