package app_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/notify"
	"github.com/sallyport/sallyport/internal/organization"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/signin"
)

// TestTheRehearsalIsWhatHappens: of 1,000 people in mixed states exactly those
// are listed as stuck whom the sign-in then turns away, each having tried every
// way that it offers, with the right password and the right code. People of
// another organization sign in as before.
func TestTheRehearsalIsWhatHappens(t *testing.T) {
	inTurn(t, func(t *testing.T) {
		t.Run("required", func(t *testing.T) { rehearseAndSwitch(t, 1000, func(*core.Policy) {}) })
		t.Run("apps_only", func(t *testing.T) {
			rehearseAndSwitch(t, 250, func(p *core.Policy) { p.AppsOnly, p.StrictReset = true, true })
		})
	})
}

func rehearseAndSwitch(t *testing.T, n int, policy func(p *core.Policy)) {
	box := openMailboxes(t)
	s := start(t, withoutMailbox, func(c *config.Config) { c.SMTP.URL = "smtp://" + box.addr })
	crowd := newStage(s, box)
	people := crowd.people(s.Org, n)
	elsewhere, err := s.Organizations.Create(t.Context(), "Elsewhere", operator)
	crowd.must(err)
	others := crowd.people(elsewhere, 30)
	crowd.mail(slices.Concat(people, others), true)
	crowd.mail(others, false)
	before := crowd.outcomes(others)
	crowd.mail(others, false)

	proposed := s.Org
	proposed.Policy.RequireTwoFactor, proposed.Policy.RequireFrom = true, s.now()
	policy(&proposed.Policy)
	foretold := map[core.ID]string{}
	crowd.must(s.Rehearser.EachStuck(t.Context(), organization.Asking{Is: s.Org, Proposed: proposed}, func(p organization.Stuck) error {
		if !p.From.After(s.now()) {
			foretold[p.User.ID] = "stuck"
		}
		return nil
	}))
	report, err := s.Rehearser.Rehearse(t.Context(), organization.Asking{Is: s.Org, Proposed: proposed})
	crowd.must(err)
	if report.Stuck != len(foretold) || report.People+report.Invited >= len(people) || report.Stuck == 0 || report.Stuck == report.People {
		t.Fatalf("a poor crowd: %+v, %d listed", report, len(foretold))
	}

	s.require(policy)
	asked := 0
	happened := crowd.outcomes(people)
	crowd.mail(others, false)
	for _, p := range people {
		got := happened[p.user.ID]
		if p.asked {
			asked++
		}
		if want := foretold[p.user.ID]; (got == "stuck") != (want == "stuck") {
			t.Errorf("%s: foretold %q, happened %q", p.state, want, got)
		}
	}
	if asked != report.Asked {
		t.Errorf("%d people were asked for a second step, foretold %d", asked, report.Asked)
	}
	if diff := cmp.Diff(before, crowd.outcomes(others)); diff != "" {
		t.Errorf("people of another organization (-before +after):\n%s", diff)
	}
}

// actor is somebody with a state, who knows the password and the codes.
type actor struct {
	user     core.User
	serial   int
	state    string
	app      []byte // the shared secret; nil: none
	step     int64  // the last time step used
	recovery []string
	refused  bool
	asked    bool // the last sign-in asked for a second step
}

// stage drives the sign-in with a hash that costs little.
type stage struct {
	*server
	box    *mailboxes
	signIn *signin.Service
	pass   *secret.Passwords
	serial int
}

func newStage(s *server, box *mailboxes) *stage {
	cheap := secret.NewPasswords(s.Ring, secret.Params{MemoryKiB: 64, Time: 1, Parallelism: 1}, 4, random)
	return &stage{server: s, box: box, pass: cheap, signIn: signin.New(signin.Deps{
		Store: s.Store, Tries: s.Store, Passwords: cheap, Throttle: s.Throttle, Resets: s.Accounts, Post: post{s.now},
		Factors: s.Factors, Ring: s.Ring, Clock: s.Clock, Random: random,
	})}
}

func (g *stage) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// people are n people of an organization: states are drawn so that each value of
// each meets all values of every other.
func (g *stage) people(o core.Organization, n int) []*actor {
	g.t.Helper()
	mail := []string{"proved", "unproved", "no address", "refused"}
	app := []string{"no app", "app", "blocked app", "paused app", "waiting app"}
	codes := []string{"no codes", "codes", "held codes", "paused codes"}
	box := []core.TwoFactor{core.TwoFactorOff, core.TwoFactorOn, core.TwoFactorSuspended}
	life := []string{"", "", "", "exempt", "reset", "email paused", "invited", "inactive", "no access", "administrator"}
	var all []*actor
	var stored []core.NewUser
	for i := range n {
		k := i * 7 // the states are 2,400, which 7 does not divide
		pick := func(of int) int { x := k % of; k /= of; return x }
		a := &actor{}
		m, p, c, b, l := mail[pick(len(mail))], app[pick(len(app))], codes[pick(len(codes))], box[pick(len(box))], life[pick(len(life))]
		a.state = fmt.Sprintf("%s %d: %s, %s, %s, box %s, %s", o.Name, i, m, p, c, b, l)
		stored = append(stored, g.person(o, a, m, p, c, b, l))
		all = append(all, a)
	}
	g.must(g.Store.BulkUsers(g.t.Context(), stored))
	for _, a := range all {
		for what, try := range map[string]core.Try{
			"blocked app":  {Kind: core.KindApp, Rule: core.GuardRule{BlockAt: 1}},
			"paused app":   {Kind: core.KindApp, Rule: core.GuardRule{PauseEvery: 1, Pause: time.Hour}},
			"paused codes": {Kind: core.KindRecovery, Rule: core.GuardRule{PauseEvery: 1, Pause: time.Hour}},
			"email paused": {Kind: core.KindEmail, Rule: core.GuardRule{PauseEvery: 1, Pause: time.Hour}, PauseHolds: true},
		} {
			if strings.Contains(a.state, what) {
				try.OrganizationID, try.UserID, try.At = o.ID, a.user.ID, g.now()
				_, err := g.Store.TakeTry(g.t.Context(), try)
				g.must(err)
			}
		}
	}
	return all
}

func (g *stage) person(o core.Organization, a *actor, mail, app, codes string, box core.TwoFactor, life string) core.NewUser {
	g.t.Helper()
	g.serial++
	a.serial = g.serial
	now := g.now()
	name := fmt.Sprintf("person%05d", g.serial)
	u := core.User{
		ID: core.NewID(now, random), OrganizationID: o.ID, Username: name, FirstName: "P", Type: core.Ordinary, Status: core.Active, TwoFactor: box,
		Email: name + "@example.com", EmailProvedAt: now, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: now, PasswordSetAt: now,
	}
	var err error
	u.PasswordSealed, err = g.pass.Hash(g.t.Context(), u.ID, password)
	g.must(err)
	switch mail {
	case "unproved":
		u.EmailProvedAt = time.Time{}
	case "no address":
		u.Email, u.EmailProvedAt = "", time.Time{}
	case "refused":
		u.Email, a.refused = name+".refused@example.com", true
	}
	switch life {
	case "exempt":
		u.ExemptUntil = now.AddDate(0, 0, 10)
	case "reset":
		u.ResetAt = now
	case "invited":
		u.Status, u.PasswordSealed = core.Invited, ""
	case "inactive":
		u.Status = core.Inactive
	case "no access":
		u.Type = core.NoAccess
	case "administrator":
		u.Type = core.Administrator
	}
	made := core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email, Username: name}}
	if app != "no app" {
		state := core.CredentialActive
		if app == "waiting app" {
			state = core.CredentialWaiting
		}
		shown, c := g.factor(u, core.KindApp, state)
		made.Credentials = append(made.Credentials, c...)
		a.app, err = otp.DecodeKey(shown[0])
		g.must(err)
	}
	if codes != "no codes" {
		state := core.CredentialActive
		if codes == "held codes" {
			state = core.CredentialHeld
		}
		shown, c := g.factor(u, core.KindRecovery, state)
		made.Credentials, a.recovery = append(made.Credentials, c...), shown
	}
	a.user = u
	return made
}

// factor makes a person's credentials of a kind and what the person keeps of them.
func (g *stage) factor(u core.User, kind core.FactorKind, state core.CredentialState) ([]string, []core.Credential) {
	g.t.Helper()
	f, ok := g.Factors.Get(kind)
	if !ok {
		g.t.Fatalf("no factor %s", kind)
	}
	m, err := f.BeginEnrol(u.ID)
	g.must(err)
	shown, err := f.Reveal(u.ID, m)
	g.must(err)
	proof := factor.Proof{Now: g.now()}
	if kind == core.KindApp {
		key, err := otp.DecodeKey(shown[0])
		g.must(err)
		proof.Typed = otp.TOTP(key, g.now()).String()
	}
	all, err := f.FinishEnrol(u.ID, m, proof)
	g.must(err)
	for i := range all {
		all[i].ID, all[i].OrganizationID, all[i].UserID, all[i].State, all[i].CreatedAt = core.NewID(g.now(), random), u.OrganizationID, u.ID, state, g.now()
		if kind == core.KindApp {
			all[i].Mark = otp.NeverUsed
		}
	}
	return shown, all
}

// mail sends everybody a mail whose address is refused, so that it is known; or
// everybody whose is not, so that mail works again, and waits until that is known.
func (g *stage) mail(people []*actor, refused bool) {
	g.t.Helper()
	var messages []core.Message
	for _, a := range people {
		if a.user.Email != "" && a.refused == refused {
			messages = append(messages, core.Message{
				ID: core.NewID(g.now(), random), OrganizationID: a.user.OrganizationID, UserID: a.user.ID, Template: core.MailTest,
				NotBefore: g.now(), CreatedAt: g.now(), ExpiresAt: g.now().Add(time.Hour), Delivery: core.DeliveryQueued,
			})
		}
	}
	g.must(g.Store.ClearPrefixes(g.t.Context(), []string{"none"}, core.Record{Messages: messages}))
	for waiting := true; waiting; runtime.Gosched() {
		now, err := g.Store.Stats(g.t.Context())
		g.must(err)
		waiting = now.QueuedMail > 0
	}
	g.advance(2 * time.Second) // what a server remembers of it is over
}

// outcomes signs everybody in, those whose mail will be refused last: several
// refusals in a row look as if mail did not work at all.
func (g *stage) outcomes(people []*actor) map[core.ID]string {
	out := map[core.ID]string{}
	var mu sync.Mutex
	for _, refused := range []bool{false, true} {
		work := make(chan *actor)
		var busy sync.WaitGroup
		for range 8 {
			busy.Go(func() {
				for a := range work {
					o := g.attempt(a)
					mu.Lock()
					out[a.user.ID] = o
					mu.Unlock()
				}
			})
		}
		for _, a := range people {
			if a.refused == refused {
				work <- a
			}
		}
		close(work)
		busy.Wait()
	}
	return out
}

// attempt signs a person in by each way there is: "in", "stuck", or "refused" like
// a wrong password.
func (g *stage) attempt(a *actor) string {
	a.asked = false
	res, v, err := g.password(a)
	switch {
	case core.CodeOf(err) == "signin.wrong":
		return "refused"
	case err != nil:
		g.t.Errorf("%s: %v", a.state, err)
		return "failed"
	case res.Step.StepKind == core.StepDone:
		return g.opened(a, res.Session)
	}
	a.asked = true
	for _, kind := range []core.FactorKind{core.KindApp, core.KindEmail, core.KindRecovery} {
		if !res.Step.Method(kind).Ready() {
			continue
		}
		if got := g.show(a, v, kind); got != "stuck" {
			return got
		}
		if res, v, err = g.password(a); err != nil { // and try the next way
			g.t.Errorf("%s: %v", a.state, err)
			return "failed"
		}
	}
	return "stuck"
}

// password types it in a browser that nobody knows.
func (g *stage) password(a *actor) (signin.Result, signin.Visitor, error) {
	home := fmt.Sprintf("10.%d.%d.", a.serial/250, a.serial%250) // nobody waits for another's wrong passwords
	v := signin.Visitor{Origin: core.Origin{Address: home + "9", Network: home + "0/24"}}
	res, err := g.signIn.SubmitPassword(context.Background(), v, a.user.Username, password)
	v.PendingToken, v.BrowserToken = res.Issued.Pending, res.Issued.Browser
	return res, v, err
}

// show proves a person by one kind of factor.
func (g *stage) show(a *actor, v signin.Visitor, kind core.FactorKind) string {
	ctx := context.Background()
	before := g.box.met(a.user.Email)
	if _, err := g.signIn.Choose(ctx, v, kind, false); err != nil {
		if a.refused && kind == core.KindEmail {
			return "stuck" // several refusals in a row look as if mail did not work
		}
		g.t.Errorf("%s: choose %s: %v", a.state, kind, err)
		return "failed"
	}
	var code string
	switch kind {
	case core.KindApp:
		a.step = max(a.step+1, otp.Step(g.now())-1)
		code = otp.HOTP(a.app, uint64(a.step), otp.Digits).String()
	case core.KindRecovery:
		code, a.recovery = a.recovery[0], a.recovery[1:]
	case core.KindEmail:
		if code = g.box.code(g.t, a.user.Email, before); code == "" {
			return "stuck" // it never comes
		}
	}
	res, err := g.signIn.SubmitCode(ctx, v, kind, code, false)
	if err != nil && kind == core.KindApp && a.step < otp.Step(g.now())-1 {
		return g.show(a, v, kind) // the time step ended between reading the code and typing it
	}
	if err != nil {
		g.t.Errorf("%s: code of %s: %v", a.state, kind, err)
		return "failed"
	}
	return g.opened(a, res.Session)
}

// opened is what the session of a sign-in leads to. One that has to show an app
// which the emailed code made good signs in once more with it.
func (g *stage) opened(a *actor, s core.Session) string {
	view, err := g.Store.SessionByToken(context.Background(), s.TokenHash)
	if err != nil {
		g.t.Errorf("%s: %v", a.state, err)
		return "failed"
	}
	switch view.Verdict(g.now()) {
	case core.VerdictOpen, core.VerdictAppDue, core.VerdictPasswordDue:
		return "in"
	case core.VerdictStepUp:
		res, v, err := g.password(a)
		if err == nil && res.Step.Method(core.KindApp).Ready() {
			return g.show(a, v, core.KindApp)
		}
		return "stuck"
	}
	return "stuck"
}

// post is which mails to queue, as the server decides.
type post struct{ now func() time.Time }

func (p post) mint() core.ID { return core.NewID(p.now(), random) }

func (p post) Code(c core.Challenge, u core.User, now time.Time) core.Message {
	return notify.Code(c, u, p.mint, now)
}

func (p post) Notices(e core.Event, u core.User) []core.Message {
	return notify.ForEvent(e, u, p.mint, e.At)
}

// mailboxes is a mail server that refuses some addresses for good.
type mailboxes struct {
	addr string
	mu   sync.Mutex
	news *sync.Cond
	got  map[string][]string // the code of each mail to an address; a refused one has none
}

func openMailboxes(t *testing.T) *mailboxes {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &mailboxes{addr: ln.Addr().String(), got: map[string][]string{}}
	b.news = sync.NewCond(&b.mu)
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{mailboxes: b}, nil }))
	srv.Domain = "localhost"
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(ln) // ends when it is closed
	}()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
	return b
}

func (b *mailboxes) note(to, code string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got[to] = append(b.got[to], code)
	b.news.Broadcast()
}

// met counts the mails to an address so far.
func (b *mailboxes) met(to string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.got[to])
}

// code waits for the next mail with a code to an address, after so many; empty
// where it was refused.
func (b *mailboxes) code(t testing.TB, to string, after int) string {
	stop := time.AfterFunc(time.Minute, func() { b.news.Broadcast() })
	defer stop.Stop()
	late := time.Now().Add(time.Minute)
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		for i := after; i < len(b.got[to]); i++ {
			if code := b.got[to][i]; code != "notice" {
				return code
			}
		}
		if time.Now().After(late) {
			t.Errorf("no mail to %s", to)
			return ""
		}
		b.news.Wait()
	}
}

// delivery is one conversation.
type delivery struct {
	*mailboxes
	to string
}

func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }
func (d *delivery) Reset()                               {}
func (d *delivery) Logout() error                        { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.Contains(to, ".refused@") {
		d.note(to, "")
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	d.to = to
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	code := devmail.Parse(raw).Code
	if code == "" {
		code = "notice"
	}
	d.note(d.to, code)
	return nil
}
