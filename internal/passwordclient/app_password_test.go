package passwordclient_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/passwordclient"
)

// far is another network than the office.
var far = core.Origin{Address: "198.51.100.9", Network: "198.51.100.0/24"}

// withApplications stores Scorecard, and a second application that lets programs in.
func withApplications(t *testing.T, change ...func(*core.Organization)) (d *desk, second core.Application) {
	t.Helper()
	d = newDesk(t, change...)
	d.app.Machines, d.app.URL = true, "https://score.example"
	second = d.app
	second.ID, second.Name, second.URL = "wiki", "Wiki", "https://wiki.example"
	for _, a := range []core.Application{d.app, second} {
		a.CreatedAt = start
		d.must(d.store.AddApplication(t.Context(), a, core.Record{}))
	}
	return d, second
}

// makes has a person make an app password for Scorecard.
func (d *desk) makes(u core.User, change ...func(*passwordclient.WantedAppPassword)) passwordclient.MadeAppPassword {
	d.t.Helper()
	w := passwordclient.WantedAppPassword{Name: "Old loader", Application: d.app.ID, Life: core.AppPasswordDefault}
	for _, c := range change {
		c(&w)
	}
	made, err := d.MakeAppPassword(d.t.Context(), d.view(u), office, w)
	d.must(err)
	return made
}

// shownTo is shows for another application.
func (d *desk) shownTo(app core.Application, login, typed string, from core.Origin) string {
	d.t.Helper()
	_, err := d.Authenticate(d.t.Context(), login, typed, app, from)
	return codeOf(err)
}

// TestAppPassword: works with two-factor on, for its application, from its network,
// until its end, and nowhere else; the person's own password is refused there
// meanwhile.
func TestAppPassword(t *testing.T) {
	d, wiki := withApplications(t)
	u := d.person("ana")
	made := d.makes(u)
	if len(made.Text) != 19 || strings.Contains(fmt.Sprintf("%v %#v", made, made), made.Text) {
		t.Fatalf("made %v", made)
	}
	for _, step := range []struct {
		what, got, want string
	}{
		{"as shown", d.shows(u.Email, made.Text, office), ""},
		{"as typed", d.shows(u.Email, " "+strings.ToUpper(strings.ReplaceAll(made.Text, "-", "")), office), ""},
		{"another application", d.shownTo(wiki, u.Email, made.Text, office), "client.app_password_for"},
		{"our own loader", d.shownTo(core.Application{Name: "Data Loader"}, u.Email, made.Text, office), "client.app_password_for"},
		{"another network", d.shows(u.Email, made.Text, far), "client.app_password_elsewhere"},
		{"no network", d.shows(u.Email, made.Text, core.Origin{}), "client.app_password_elsewhere"},
		{"somebody else's name", d.shows(d.person("ben").Email, made.Text, office), "client.wrong"},
		{"nobody's name", d.shows("nobody@acme.example", made.Text, office), "client.wrong"},
		{"the own password", d.shows(u.Email, password, office), "client.app_password_set"},
		{"the own password elsewhere", d.shownTo(wiki, u.Email, password, office), "two_factor_required"},
		{"a wrong password", d.shows(u.Email, "wrong horse battery", office), "client.wrong"},
		{"one like it", d.shows(u.Email, "0000-0000-0000-0000", office), "client.wrong"},
	} {
		if step.got != step.want {
			t.Errorf("%s: %q, want %q", step.what, step.got, step.want)
		}
	}
	d.pass(core.AppPasswordDefault)
	if got := d.shows(u.Email, made.Text, office); got != "client.app_password_over" {
		t.Errorf("at its end: %q", got)
	}
	if got := d.shows(u.Email, password, office); got != "two_factor_required" {
		t.Errorf("the own password at its end: %q", got)
	}
	var told []string
	for _, e := range d.events(core.EventClientSignedIn) {
		if e.Detail[core.DetailAppPass] != "" {
			told = append(told, e.Target+" "+e.Result+" "+e.Detail[core.DetailReason])
		}
	}
	want := "Scorecard refused client.app_password_over|Scorecard refused client.app_password_elsewhere|Scorecard refused client.app_password_elsewhere|" +
		"Data Loader refused client.app_password_for|Wiki refused client.app_password_for|Scorecard ok "
	if got := strings.Join(told, "|"); got != want {
		t.Errorf("recorded\n%s, want\n%s", got, want)
	}
}

// TestAppPasswordAtOnce: made, deleted or ended by an alarm, it counts at the next
// request, on every replica, also beside what is remembered of the own password.
func TestAppPasswordAtOnce(t *testing.T) {
	d, _ := withApplications(t)
	u := d.person("ana", off)
	here, there := d.Service, d.other()
	each := func(what, typed, want string) {
		t.Helper()
		for _, s := range []*passwordclient.Service{here, there} {
			_, err := s.Authenticate(t.Context(), u.Email, typed, d.app, office)
			if got := codeOf(err); got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
	}
	each("the own password", password, "")
	made := d.makes(u)
	each("the own one beside it", password, "client.app_password_set")
	each("the app password", made.Text, "")
	d.must(d.DeleteAppPassword(t.Context(), d.view(u), office, made.AppPassword.ID))
	each("deleted", made.Text, "client.wrong")
	each("the own one again", password, "")
	for name, want := range map[core.Template]int{core.MailAppPasswordMade: 1, core.MailAppPasswordGone: 1} {
		if n := d.mails(name); n != want {
			t.Errorf("%d mails of %s", n, name)
		}
	}
	made = d.makes(u)
	d.must(d.store.RaiseAlarm(t.Context(), core.Alarm{OrganizationID: u.OrganizationID, UserID: u.ID, Since: d.clock(), At: d.clock()}))
	each("after an alarm", made.Text, "client.wrong")
}

// TestAppPasswordHelpsNoFurther: what refuses everybody refuses it too.
func TestAppPasswordHelpsNoFurther(t *testing.T) {
	d, _ := withApplications(t)
	u := d.person("ana")
	made := d.makes(u)
	policy := func(change func(*core.Organization)) {
		t.Helper()
		o, err := d.store.Organization(t.Context(), d.org.ID)
		d.must(err)
		change(&o)
		d.must(d.store.SaveOrganization(t.Context(), o, core.Record{}))
	}
	strong := d.app
	strong.Level = core.LevelStrong
	if got := d.shownTo(strong, u.Email, made.Text, office); got != "client.level" {
		t.Errorf("an application of the strongest level: %q", got)
	}
	members := d.app
	members.Groups = []string{"Finance"}
	if got := d.shownTo(members, u.Email, made.Text, office); got != "client.not_member" {
		t.Errorf("not one of its people: %q", got)
	}
	policy(func(o *core.Organization) { o.Policy.NoPasswordClients = true })
	if got := d.shows(u.Email, made.Text, office); got != "client.off" {
		t.Errorf("no password clients: %q", got)
	}
	if _, err := d.OldPrograms(t.Context(), d.view(u)); !errors.Is(err, core.ErrClientsOff) {
		t.Errorf("to make one then: %v", err)
	}
	policy(func(o *core.Organization) {
		o.Policy.NoPasswordClients, o.Policy.AllowedNetworks = false, "198.51.100.0/24"
	})
	if got := d.shows(u.Email, made.Text, office); got != "client.elsewhere" {
		t.Errorf("not from this network: %q", got)
	}
	policy(func(o *core.Organization) { o.Policy.AllowedNetworks, o.Locked = "", true })
	if got := d.shows(u.Email, made.Text, office); got != "client.locked" {
		t.Errorf("locked: %q", got)
	}
}

// TestAppPasswordIsNotShutOut: guesses at an app password count as wrong passwords
// (RL8), the work is the same whether there is one or not (EN2), and nobody's
// guesses shut a right one out.
func TestAppPasswordIsNotShutOut(t *testing.T) {
	d, _ := withApplications(t)
	u, without := d.person("ana"), d.person("ben")
	made := d.makes(u)
	for name, login := range map[string]string{"with one": u.Email, "without": without.Email, "nobody": "nobody@acme.example"} {
		for i := range throttleLimit {
			before := d.hashes.n.Load()
			if got := d.shows(login, fmt.Sprintf("0000-0000-0000-000%d", i), office); got != "client.wrong" {
				t.Errorf("%s: %q", name, got)
			}
			if n := d.hashes.n.Load() - before; n != 1 {
				t.Errorf("%s: %d hashes", name, n)
			}
		}
		if got := d.shows(login, "0000-0000-0000-0000", office); got != "signin.limited" {
			t.Errorf("%s: the guess after the last: %q", name, got)
		}
	}
	before := d.hashes.n.Load()
	if got := d.shows(u.Email, made.Text, office); got != "" {
		t.Errorf("the right one during the wait: %q", got)
	}
	if n := d.hashes.n.Load() - before; n != 0 {
		t.Errorf("%d hashes for a right one", n)
	}
}

// TestAppPasswordManyRequests: ten thousand requests of an old bulk client send no
// mail, shut nobody out and write one event an hour; when it was used last is
// written down behind.
func TestAppPasswordManyRequests(t *testing.T) {
	d, _ := withApplications(t)
	u := d.person("ana")
	made := d.makes(u)
	for i := range 10_000 {
		if i == 5000 {
			d.pass(30 * time.Minute)
		}
		if got := d.shows(u.Email, made.Text, office); got != "" {
			t.Fatalf("request %d: %q", i, got)
		}
	}
	if n := len(d.events(core.EventClientSignedIn)); n != 1 {
		t.Errorf("%d events", n)
	}
	if n := d.hashes.n.Load(); n != 0 {
		t.Errorf("%d hashes", n)
	}
	var mails, throttled int
	d.must(d.raw.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM throttle)").Scan(&mails, &throttled))
	if mails != 1 || throttled != 0 { // that it was made
		t.Errorf("%d mails, %d rows of the throttle", mails, throttled)
	}
	used := func() core.AppPassword {
		all, err := d.store.AppPasswords(t.Context(), u.OrganizationID, u.ID)
		d.must(err)
		return all[0]
	}
	d.must(d.Flush(t.Context()))
	if p := used(); p.LastUsedFrom != office.Address || d.clock().Sub(p.LastUsedAt) > time.Minute {
		t.Errorf("used last %v from %q", p.LastUsedAt, p.LastUsedFrom)
	}
	before := used().LastUsedAt
	d.shows(u.Email, made.Text, office)
	d.must(d.Flush(t.Context())) // within 15 s
	if !used().LastUsedAt.Equal(before) {
		t.Error("each use is written down")
	}
	if all, err := d.AppPasswords(t.Context(), d.view(u)); err != nil || !all[0].LastUsedAt.After(before) {
		t.Errorf("it is not shown either: %v", err)
	}
	d.pass(time.Hour)
	d.shows(u.Email, made.Text, office)
	if n := len(d.events(core.EventClientSignedIn)); n != 2 {
		t.Errorf("%d events an hour later", n)
	}
}

// TestAppPasswordEnds: its person is told 30, 7 and 1 days before, each once however
// many processes look, and what it is for.
func TestAppPasswordEnds(t *testing.T) {
	d, _ := withApplications(t)
	d.makes(d.person("ana"))
	second := d.other()
	d.pass(core.AppPasswordDefault - 31*24*time.Hour)
	for _, step := range []struct {
		before time.Duration // days
		want   int
	}{{31, 0}, {30, 1}, {29, 1}, {7, 2}, {6, 2}, {1, 3}, {0, 3}} {
		d.mu.Lock()
		d.now = start.Add(core.AppPasswordDefault - step.before*24*time.Hour + time.Minute)
		d.mu.Unlock()
		d.must(d.Warn(t.Context()))
		d.must(second.Warn(t.Context()))
		if n := d.mails(core.MailAppPasswordEnds); n != step.want {
			t.Errorf("%d days before its end: %d mails, want %d", step.before, n, step.want)
		}
	}
	for _, e := range d.events(core.EventAppPasswordEnds) {
		if e.Target != "Old loader" || e.Detail[core.DetailFor] != "Scorecard" || e.Detail[core.DetailNetwork] != office.Network || e.Actor.Kind != "system" {
			t.Errorf("told %+v", e)
		}
	}
}

// TestAppPasswordEventsAreBounded: however many networks it is shown from.
func TestAppPasswordEventsAreBounded(t *testing.T) {
	d, _ := withApplications(t)
	u := d.person("ana")
	made := d.makes(u, func(w *passwordclient.WantedAppPassword) { w.Anywhere = true })
	for i := range 100 {
		from := core.Origin{Address: fmt.Sprintf("198.51.%d.7", i), Network: fmt.Sprintf("198.51.%d.0/24", i)}
		if got := d.shows(u.Email, made.Text, from); got != "" {
			t.Fatal(got)
		}
	}
	if n := len(d.events(core.EventClientSignedIn)); n != 20 {
		t.Errorf("%d events", n)
	}
}

// TestMakeAppPasswordRefuses: whom and what.
func TestMakeAppPasswordRefuses(t *testing.T) {
	d, _ := withApplications(t)
	u := d.person("ana")
	type view = func(*core.SessionView)
	type want = func(*passwordclient.WantedAppPassword)
	for name, c := range map[string]struct {
		view   view
		want   want
		from   core.Origin
		code   string
		fields string
	}{
		"not confirmed":    {view: func(v *core.SessionView) { v.Session.ProvedAt = time.Time{} }, code: "confirm.needed"},
		"a password alone": {view: func(v *core.SessionView) { v.Session.Level = core.LevelPassword }, code: "app_password.level"},
		"no name":          {want: func(w *passwordclient.WantedAppPassword) { w.Name = "  " }, code: "form.invalid", fields: "name"},
		"no application":   {want: func(w *passwordclient.WantedAppPassword) { w.Application = "none" }, code: "form.invalid", fields: "application"},
		"our loader":       {want: func(w *passwordclient.WantedAppPassword) { w.Application = "" }, code: "form.invalid", fields: "application"},
		"over at once":     {want: func(w *passwordclient.WantedAppPassword) { w.Life = 0 }, code: "form.invalid", fields: "life"},
		"for ever":         {want: func(w *passwordclient.WantedAppPassword) { w.Life = core.AppPasswordLife + time.Second }, code: "form.invalid", fields: "life"},
		"from nowhere":     {from: core.Origin{Address: "x"}, code: "form.invalid", fields: "network"},
	} {
		v, w, from := d.view(u), passwordclient.WantedAppPassword{Name: "Old loader", Application: d.app.ID, Life: time.Hour}, office
		if c.view != nil {
			c.view(&v)
		}
		if c.want != nil {
			c.want(&w)
		}
		if c.from.Address != "" {
			from = c.from
		}
		_, err := d.MakeAppPassword(t.Context(), v, from, w)
		var e *core.Error
		if !errors.As(err, &e) || e.Code != c.code || c.fields != "" && e.Fields[c.fields] == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	boss := d.person("boss", func(u *core.User) { u.Type = core.Administrator })
	own := d.makes(boss, func(w *passwordclient.WantedAppPassword) { w.Application = "" })
	if got := d.shownTo(core.Application{Name: "Data Loader"}, boss.Email, own.Text, office); got != "" {
		t.Errorf("our own loader: %q", got)
	}
	for range core.AppPasswordsPerUser - 1 {
		d.makes(boss)
	}
	_, err := d.MakeAppPassword(t.Context(), d.view(boss), office, passwordclient.WantedAppPassword{Name: "One more", Application: d.app.ID, Life: time.Hour})
	if core.CodeOf(err) != "app_password.limit" {
		t.Errorf("one more than there can be: %v", err)
	}
	old := d.view(u)
	old.Account.User.PasswordVersion--
	_, err = d.MakeAppPassword(t.Context(), old, office, passwordclient.WantedAppPassword{Name: "Old", Application: d.app.ID, Life: time.Hour})
	if core.CodeOf(err) != "app_password.stale" {
		t.Errorf("beside a new password: %v", err)
	}
	v := d.view(boss)
	if err := d.DeleteAppPassword(t.Context(), d.view(u), office, own.AppPassword.ID); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	v.Session.ProvedAt = time.Time{}
	if err := d.DeleteAppPassword(t.Context(), v, office, own.AppPassword.ID); core.CodeOf(err) != "confirm.needed" {
		t.Errorf("not confirmed: %v", err)
	}
}

// TestAppPasswordOfARemovedKey: what hangs on a data key that is gone opens nothing,
// and stands in nobody's way.
func TestAppPasswordOfARemovedKey(t *testing.T) {
	d, _ := withApplications(t)
	u := d.person("ana")
	made, second := d.makes(u), d.makes(u)
	_, err := d.raw.ExecContext(t.Context(), "UPDATE app_password SET key_id = 'gone' WHERE id = $1", string(made.AppPassword.ID))
	d.must(err)
	if got := d.shows(u.Email, made.Text, office); got != "client.wrong" {
		t.Errorf("its own: %q", got)
	}
	if got := d.shows(u.Email, second.Text, office); got != "" {
		t.Errorf("another: %q", got)
	}
}
