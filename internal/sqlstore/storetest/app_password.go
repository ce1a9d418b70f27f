package storetest

import (
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func appPasswordTests() map[string]test {
	return map[string]test{
		"columns":                                  appPasswordColumns,
		"fifty make one":                           tenAppPasswords,
		"those that are over make place":           appPasswordsMakePlace,
		"only of people who may sign in":           appPasswordOfActive,
		"not beside an alarm":                      appPasswordBesideAlarm,
		"fifty delete one":                         oneAppPasswordRemoval,
		"the last use only moves forward":          appPasswordUses,
		"they go with whatever says it wasn't you": appPasswordsEnd,
		"those that are over are swept":            appPasswordsSwept,
		"of an end its person is told once":        appPasswordWarnings,
	}
}

func (w *world) newAppPassword(u core.User) core.AppPassword {
	id := w.id("apppassword")
	return core.AppPassword{
		ID: id, OrganizationID: u.OrganizationID, UserID: u.ID, ApplicationID: "scorecard", Name: "Old loader " + string(id), SecretHash: "hash", KeyID: "k1",
		Network: "192.0.2.0/24", CreatedAt: w.clock(), ExpiresAt: w.clock().Add(core.AppPasswordDefault),
	}
}

// appPasswordMaking makes it as whoever looks at the account at this moment.
func (w *world) appPasswordMaking(p core.AppPassword) core.AppPasswordMaking {
	m := core.AppPasswordMaking{AppPassword: p}
	if acc, _, err := w.store.AccountByID(w.ctx, p.OrganizationID, p.UserID); err == nil {
		m.PasswordVersion, m.FactorSetVersion = acc.User.PasswordVersion, acc.User.FactorSetVersion
	}
	return m
}

// appPassword stores one of a person.
func (w *world) appPassword(u core.User) core.AppPassword {
	w.t.Helper()
	p := w.newAppPassword(u)
	w.must(w.store.MakeAppPassword(w.ctx, w.appPasswordMaking(p)))
	return p
}

func (w *world) appPasswords(u core.User) core.AppPasswords {
	w.t.Helper()
	all, err := w.store.AppPasswords(w.ctx, u.OrganizationID, u.ID)
	w.must(err)
	return all
}

// appPasswordWarnings: of each end once, whoever asks at the same time; one that was
// made short is not told of at once, and nobody who may not sign in is told.
func appPasswordWarnings(w *world) {
	o := w.organization("One")
	u, gone := w.person(o, "ada"), w.person(o, "ben")
	long, short := w.appPassword(u), w.newAppPassword(u)
	short.ExpiresAt = w.clock().AddDate(0, 0, 30)
	w.must(w.store.MakeAppPassword(w.ctx, w.appPasswordMaking(short)))
	near := func(days int, want ...core.ID) {
		w.t.Helper()
		all, err := w.store.ExpiringAppPasswords(w.ctx, days, w.clock(), 9)
		w.must(err)
		var got []core.ID
		for _, p := range all {
			got = append(got, p.ID)
		}
		same(w, got, want)
	}
	near(30)
	w.pass(core.AppPasswordDefault - 30*24*time.Hour)
	near(30, long.ID)
	near(7)
	made := make([]core.AppPasswordWarning, callers)
	for i := range made {
		made[i] = core.AppPasswordWarning{AppPassword: long, Days: 30, Record: core.Record{Events: []core.Event{w.event(u, core.EventAppPasswordEnds)}}}
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.WarnOfAppPassword(w.ctx, made[i]) }, core.ErrStale)
	w.count("told", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventAppPasswordEnds), 1)
	near(30)
	w.pass(23 * 24 * time.Hour)
	near(7, long.ID)
	elsewhere := long
	elsewhere.OrganizationID = "another"
	w.refused("of another organization", w.store.WarnOfAppPassword(w.ctx, core.AppPasswordWarning{AppPassword: elsewhere, Days: 7}), core.ErrStale)
	w.must(w.store.SetStatus(w.ctx, w.status(u, core.Active, core.Inactive, "")))
	near(7)
	w.appPassword(gone)
	w.pass(core.AppPasswordDefault)
	near(7)
}

func appPasswordColumns(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada", "Finance")
	p := fill(w, core.AppPassword{})
	p.OrganizationID, p.UserID, p.Name, p.ExpiresAt = o.ID, u.ID, "Old, \"quoted\"  loader ü", w.clock().Add(time.Hour)
	w.must(w.store.MakeAppPassword(w.ctx, w.appPasswordMaking(p)))
	bare := w.newAppPassword(u)
	bare.Name, bare.ApplicationID, bare.Network = "Z", "", ""
	w.must(w.store.MakeAppPassword(w.ctx, w.appPasswordMaking(bare)))
	same(w, w.appPasswords(u), core.AppPasswords{p, bare})
	v, err := w.store.FindClient(w.ctx, u.Email)
	w.must(err)
	same(w, v.Account, w.account(u))
	same(w, v.Organization, o)
	short := map[core.ID]core.AppPassword{}
	for _, x := range []core.AppPassword{p, bare} {
		x.CreatedAt, x.LastUsedFrom = time.Time{}, "" // nobody decides by them
		short[x.ID] = x
	}
	got := map[core.ID]core.AppPassword{}
	for _, x := range v.AppPasswords {
		got[x.ID] = x
	}
	same(w, got, short)
	v, err = w.store.FindClient(w.ctx, w.person(o, "ben").Email)
	w.must(err)
	w.count("of somebody without", len(v.AppPasswords), 0)
	for _, name := range []string{"", "nobody@example.com", "\x00"} {
		_, err = w.store.FindClient(w.ctx, name)
		w.refused("nobody", err, core.ErrNotFound)
	}
	w.refused("an id twice", w.store.MakeAppPassword(w.ctx, w.appPasswordMaking(p)), core.ErrTaken)
}

func tenAppPasswords(w *world) {
	u := w.person(w.organization("One"), "ada")
	made := make([]core.AppPasswordMaking, callers)
	for i := range made {
		made[i] = w.appPasswordMaking(w.newAppPassword(u))
		made[i].Record = core.Record{Events: []core.Event{w.event(u, core.EventAppPasswordMade)}}
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.MakeAppPassword(w.ctx, made[i]) }, core.ErrLimit)
	w.count("made", won, core.AppPasswordsPerUser)
	w.count("rows", w.rows("app_password"), core.AppPasswordsPerUser)
	w.count("events", w.rows("event WHERE kind = $1", core.EventAppPasswordMade), core.AppPasswordsPerUser)
	one := w.appPasswords(u)[0]
	w.must(w.store.RemoveAppPassword(w.ctx, core.AppPasswordRemoval{OrganizationID: u.OrganizationID, UserID: u.ID, ID: one.ID}))
	w.appPassword(u)
	w.refused("one more", w.store.MakeAppPassword(w.ctx, w.appPasswordMaking(w.newAppPassword(u))), core.ErrLimit)
}

// appPasswordsMakePlace: there are never more rows than slots that are compared.
func appPasswordsMakePlace(w *world) {
	u := w.person(w.organization("One"), "ada")
	old := make([]core.AppPassword, core.AppPasswordsPerUser)
	for i := range old {
		old[i] = w.newAppPassword(u)
		old[i].ExpiresAt = w.clock().Add(time.Hour + time.Duration(i))
		w.must(w.store.MakeAppPassword(w.ctx, w.appPasswordMaking(old[i])))
	}
	w.pass(time.Hour - time.Second)
	w.refused("a moment before", w.store.MakeAppPassword(w.ctx, w.appPasswordMaking(w.newAppPassword(u))), core.ErrLimit)
	w.pass(2 * time.Second)
	fresh := w.appPassword(u)
	w.count("rows", w.rows("app_password"), core.AppPasswordsPerUser)
	w.count("the oldest", w.rows("app_password WHERE id = $1", string(old[0].ID)), 0)
	if all := w.appPasswords(u); !all.Live(fresh.ApplicationID, w.clock()) || all.Live("other", w.clock()) {
		w.t.Errorf("what lives: %+v", all)
	}
}

func appPasswordOfActive(w *world) {
	o := w.organization("One")
	idle, u := w.person(o, "ben"), w.person(o, "ada")
	w.must(w.store.SetStatus(w.ctx, w.status(idle, core.Active, core.Inactive, "")))
	w.refused("deactivated", w.store.MakeAppPassword(w.ctx, w.appPasswordMaking(w.newAppPassword(idle))), core.ErrStale)
	m := w.appPasswordMaking(w.newAppPassword(u))
	m.AppPassword.OrganizationID = w.organization("Two").ID
	w.refused("of another organization", w.store.MakeAppPassword(w.ctx, m), core.ErrStale)
}

// appPasswordBesideAlarm: whoever began to make one before an alarm or a reset ended
// all of them does not leave one behind.
func appPasswordBesideAlarm(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "ben")
	m, later := w.appPasswordMaking(w.newAppPassword(u)), w.appPasswordMaking(w.newAppPassword(other))
	w.must(w.store.RaiseAlarm(w.ctx, core.Alarm{OrganizationID: o.ID, UserID: u.ID, Since: w.clock().Add(time.Second), At: w.clock()}))
	w.must(w.store.ResetTwoFactor(w.ctx, core.TwoFactorReset{OrganizationID: o.ID, UserID: other.ID, At: w.clock()}))
	w.refused("after an alarm", w.store.MakeAppPassword(w.ctx, m), core.ErrStale)
	w.refused("after a reset", w.store.MakeAppPassword(w.ctx, later), core.ErrStale)
}

func oneAppPasswordRemoval(w *world) {
	u := w.person(w.organization("One"), "ada")
	p := w.appPassword(u)
	made := make([]core.AppPasswordRemoval, callers)
	for i := range made {
		made[i] = core.AppPasswordRemoval{OrganizationID: u.OrganizationID, UserID: u.ID, ID: p.ID, Record: core.Record{Events: []core.Event{w.event(u, core.EventAppPasswordGone)}}}
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.RemoveAppPassword(w.ctx, made[i]) }, core.ErrNotFound)
	w.count("deletions", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventAppPasswordGone), 1)
	w.count("rows", w.rows("app_password"), 0)
}

func appPasswordUses(w *world) {
	u := w.person(w.organization("One"), "ada")
	p := w.appPassword(u)
	late := w.clock().Add(time.Minute)
	w.must(w.store.TouchAppPasswords(w.ctx, nil))
	w.must(w.store.TouchAppPasswords(w.ctx, []core.AppPasswordUse{{ID: p.ID, At: late, From: "192.0.2.7"}, {ID: "gone", At: late}}))
	w.must(w.store.TouchAppPasswords(w.ctx, []core.AppPasswordUse{{ID: p.ID, At: w.clock(), From: "192.0.2.8"}}))
	p.LastUsedAt, p.LastUsedFrom = late, "192.0.2.7"
	same(w, w.appPasswords(u), core.AppPasswords{p})
}

// appPasswordsEnd: whatever says that somebody else may have made them, or that
// their person is not to get in any more, ends them, each with an event; nobody
// else's. A new password alone does not.
func appPasswordsEnd(w *world) {
	o := w.organization("One")
	boss, other := w.ofType(o, "boss", core.Administrator), w.person(o, "zoe")
	w.appPassword(other)
	ends := map[string]func(u core.User) error{
		"deactivated": func(u core.User) error {
			c := w.status(u, core.Active, core.Inactive, "")
			c.Record.Events = []core.Event{w.event(boss, core.EventUserDeactivated)}
			return w.store.SetStatus(w.ctx, c)
		},
		"no access": func(u core.User) error {
			c := w.personChange(u)
			c.Is.Type, c.Record.Events = core.NoAccess, []core.Event{w.event(boss, core.EventUserChanged)}
			return w.store.SavePerson(w.ctx, c)
		},
		"a reset of two-factor": func(u core.User) error {
			return w.store.ResetTwoFactor(w.ctx, core.TwoFactorReset{
				OrganizationID: o.ID, UserID: u.ID, At: w.clock(), Record: core.Record{Events: []core.Event{w.event(u, core.EventTwoFactorReset)}},
			})
		},
		"not you": func(u core.User) error {
			return w.store.RaiseAlarm(w.ctx, core.Alarm{
				OrganizationID: o.ID, UserID: u.ID, Since: w.clock().Add(time.Second), At: w.clock(),
				Record: core.Record{Events: []core.Event{w.event(u, core.EventNotYou)}},
			})
		},
	}
	for name, end := range ends {
		u := w.person(o, strings.ReplaceAll(name, " ", "-"))
		w.appPassword(u)
		w.appPassword(u)
		over := w.newAppPassword(u)
		over.ExpiresAt = w.clock()
		w.must(w.store.MakeAppPassword(w.ctx, w.appPasswordMaking(over)))
		w.must(end(u))
		w.count(name+": left", w.rows("app_password WHERE user_id = $1", string(u.ID)), 0)
		w.count(name+": events", w.rows("event WHERE kind = $1 AND subject_id = $2", core.EventAppPasswordGone, string(u.ID)), 2)
	}
	w.count("somebody else's", w.rows("app_password"), 1)
	w.must(w.store.ChangePassword(w.ctx, w.change(other, w.session(other), "sealed again")))
	w.count("after a new password", w.rows("app_password"), 1)
}

func appPasswordsSwept(w *world) {
	u := w.person(w.organization("One"), "ada")
	p := w.appPassword(u)
	for _, step := range []struct {
		at   time.Time
		left int
	}{{p.ExpiresAt.AddDate(0, 0, 89), 1}, {p.ExpiresAt.AddDate(0, 0, 91), 0}} {
		_, err := w.store.Sweep(w.ctx, step.at)
		w.must(err)
		w.count("rows", w.rows("app_password"), step.left)
	}
}

// appPasswordCalls are the calls about app passwords for the test of scope.
func (v *victim) appPasswordCalls() map[string]func() error {
	w, s, org := v.w, v.w.store, v.u.OrganizationID
	return map[string]func() error{
		"AppPasswords": func() error { return empty(s.AppPasswords(w.ctx, org, v.u.ID)) },
		"MakeAppPassword": func() error {
			return s.MakeAppPassword(w.ctx, core.AppPasswordMaking{AppPassword: w.newAppPassword(v.u), PasswordVersion: v.u.PasswordVersion, FactorSetVersion: v.u.FactorSetVersion, Record: v.stolen})
		},
		"RemoveAppPassword": func() error {
			return s.RemoveAppPassword(w.ctx, core.AppPasswordRemoval{OrganizationID: org, UserID: v.u.ID, ID: v.appPassword.ID, Record: v.stolen})
		},
		"WarnOfAppPassword": func() error {
			p := v.appPassword
			p.OrganizationID = org
			return s.WarnOfAppPassword(w.ctx, core.AppPasswordWarning{AppPassword: p, Days: 30, Record: v.stolen})
		},
	}
}
