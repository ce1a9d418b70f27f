package storetest

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// Begin is the moment at which a world's frozen clock starts.
var Begin = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// Database is one empty, migrated database for one test.
type Database struct {
	// Open opens one more handle on it, as another replica would.
	Open func(t testing.TB, clock core.Clock, random core.Random) *sqlstore.Store
	// Raw looks at its rows from outside.
	Raw *sql.DB
}

// world is a store with a clock that tests move and ids that tell their use.
type world struct {
	t      *testing.T
	ctx    context.Context
	store  *sqlstore.Store
	db     Database
	now    atomic.Int64
	serial atomic.Uint64
}

func newWorld(t *testing.T, db Database) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context(), db: db}
	w.now.Store(Begin.UnixMicro())
	w.store = w.replica()
	return w
}

// replica opens one more handle on the world's database.
func (w *world) replica() *sqlstore.Store { return w.db.Open(w.t, w.clock, w.random) }

func (w *world) clock() time.Time { return time.UnixMicro(w.now.Load()).UTC() }

func (w *world) pass(d time.Duration) time.Time {
	return time.UnixMicro(w.now.Add(d.Microseconds())).UTC()
}

// random is a counter: every value differs, which is all that ids need here.
func (w *world) random(b []byte) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], w.serial.Add(1))
	for i := range b {
		b[len(b)-1-i] = n[7-i%8]
	}
}

func (w *world) id(what string) core.ID {
	return core.ID(fmt.Sprintf("%s-%06d", what, w.serial.Add(1)))
}

// must fails the test where something did not work that is not under test.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused fails the test unless err is the store's own error want.
func (w *world) refused(what string, err error, want *core.Error) {
	w.t.Helper()
	if core.CodeOf(err) != want.Code {
		w.t.Errorf("%s: got %v, want %s", what, err, want.Code)
	}
}

// organization makes one with the default policy.
func (w *world) organization(name string) core.Organization {
	w.t.Helper()
	o := core.Organization{ID: w.id("org"), Name: name, Policy: core.DefaultPolicy(), CreatedAt: w.clock(), Version: 1}
	w.must(w.store.CreateOrganization(w.ctx, o, core.Record{}))
	return o
}

// person makes an active person with a password and no factor.
func (w *world) person(o core.Organization, name string, groups ...string) core.User {
	w.t.Helper()
	u := core.User{
		ID: w.id("user"), OrganizationID: o.ID, Email: name + "@example.com", FirstName: strings.ToUpper(name[:1]) + name[1:],
		LastName: "Tester", Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordSealed: "sealed-" + name,
		PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: w.clock(),
	}
	w.must(w.store.CreateUser(w.ctx, u, core.LoginKeys{Email: u.Email}, groups, nil, core.Record{}))
	return u
}

// account reads a person again.
func (w *world) account(u core.User) core.Account {
	w.t.Helper()
	acc, _, err := w.store.AccountByID(w.ctx, u.OrganizationID, u.ID)
	w.must(err)
	return acc
}

// attempt opens a half-done sign-in.
func (w *world) attempt(u core.User) core.Attempt {
	w.t.Helper()
	a := w.newAttempt(u)
	w.must(w.store.OpenAttempt(w.ctx, core.AttemptOpening{Attempt: a}))
	return a
}

func (w *world) newAttempt(u core.User) core.Attempt {
	id := w.id("attempt")
	return core.Attempt{
		ID: id, TokenHash: "digest-" + string(id), OrganizationID: u.OrganizationID, UserID: u.ID, Purpose: core.PurposeSignIn,
		PasswordVersion: u.PasswordVersion, FactorSetVersion: u.FactorSetVersion, BrowserHash: "browser", Network: "192.0.2.0/24",
		Device: "Firefox on Linux", CreatedAt: w.clock(), ActiveAt: w.clock(), Version: 1,
	}
}

// completion finishes an attempt (or none) with a new session.
func (w *world) completion(u core.User, a *core.Attempt, use *core.FactorUse) core.Completion {
	return core.Completion{
		Attempt: a, Use: use, UserID: u.ID, OrganizationID: u.OrganizationID, PasswordVersion: u.PasswordVersion,
		FactorSetVersion: u.FactorSetVersion, Session: w.newSession(u), ProvesEmail: use != nil && use.Kind == core.KindEmail,
		ResetGuards: use != nil, At: w.clock(),
		Browser: core.Browser{
			Hash: "browser", OrganizationID: u.OrganizationID, UserID: u.ID, LastMethod: core.KindEmail,
			FirstSeenAt: w.clock(), LastSeenAt: w.clock(),
		},
		Record: core.Record{Events: []core.Event{w.event(u, core.EventSignInCompleted)}},
	}
}

func (w *world) newSession(u core.User) core.Session {
	id := w.id("session")
	return core.Session{
		ID: id, TokenHash: "digest-" + string(id), OrganizationID: u.OrganizationID, UserID: u.ID, Level: core.LevelEmail,
		SignedInAt: w.clock(), ProvedAt: w.clock(), Methods: []string{"pwd", "otp"}, BrowserHash: "browser", Network: "192.0.2.0/24",
		Device: "Firefox on Linux", CreatedAt: w.clock(), LastSeenAt: w.clock(),
	}
}

// session signs a person in.
func (w *world) session(u core.User) core.Session {
	w.t.Helper()
	c := w.completion(u, nil, nil)
	w.must(w.store.CompleteSignIn(w.ctx, c))
	return c.Session
}

func (w *world) event(u core.User, kind string) core.Event {
	return core.Event{
		ID: w.id("event"), OrganizationID: u.OrganizationID, At: w.clock(), Kind: kind, Result: "ok",
		Actor: core.Actor{Kind: "person", ID: u.ID, Name: u.Name()}, SubjectID: u.ID, Detail: map[string]string{"method": "email"},
		Origin: core.Origin{Address: "192.0.2.7", Network: "192.0.2.0/24", Device: "Firefox on Linux", RequestID: "request"},
	}
}

func (w *world) message(u core.User, template core.Template, subject core.ID) core.Message {
	return core.Message{
		ID: w.id("message"), OrganizationID: u.OrganizationID, UserID: u.ID, Template: template, SubjectID: subject, Issue: 1,
		NotBefore: w.clock(), ExpiresAt: w.clock().Add(core.CodeLife), Delivery: core.DeliveryQueued, CreatedAt: w.clock(),
	}
}

// codeSend is the first emailed code of an attempt.
func (w *world) codeSend(u core.User, owner core.ID) core.CodeSend {
	ch := core.Challenge{
		ID: w.id("challenge"), OrganizationID: u.OrganizationID, UserID: u.ID, OwnerID: owner, Purpose: core.PurposeSignIn,
		Address: u.Email, KeyID: "k1", Issue: 1, Reference: "BCDF", IssuedAt: w.clock(), Sends: 1, LastSentAt: w.clock(),
	}
	m := w.message(u, core.MailCode, ch.ID)
	ch.MessageID = m.ID
	return core.CodeSend{Challenge: ch, Fresh: true, Message: m, PerHour: core.SendsPerHour, PerDay: core.SendsPerDay, At: w.clock()}
}

// again is the next send of the same code.
func (w *world) again(u core.User, c core.CodeSend) core.CodeSend {
	c.Fresh, c.At, c.Message = false, w.clock(), w.message(u, core.MailCode, c.Challenge.ID)
	c.Challenge.Sends, c.Challenge.LastSentAt, c.Challenge.MessageID = c.Challenge.Sends+1, w.clock(), c.Message.ID
	return c
}

// panel opens a set-up panel in a session.
func (w *world) panel(u core.User, session core.ID) core.Enrolment {
	w.t.Helper()
	e := core.Enrolment{
		ID: w.id("panel"), OrganizationID: u.OrganizationID, UserID: u.ID, SessionID: session, Goal: core.GoalTurnOn,
		Step: core.EnrolApp, FactorSetVersion: u.FactorSetVersion, SecretSealed: "sealed-secret", CodesSealed: "sealed-codes",
		CreatedAt: w.clock(), ExpiresAt: w.clock().Add(core.EnrolmentLife),
	}
	w.must(w.store.SaveEnrolment(w.ctx, e, core.Record{}))
	e.Version = 1
	return e
}

func (w *world) credential(u core.User, kind core.FactorKind, n int) core.Credential {
	c := core.Credential{
		ID: w.id("credential"), OrganizationID: u.OrganizationID, UserID: u.ID, Kind: kind, State: core.CredentialActive,
		Label: fmt.Sprintf("App %d", n), Sealed: "sealed", KeyID: "k1", CreatedAt: w.clock(),
	}
	if kind == core.KindRecovery {
		c.Label, c.LookupKey, c.Sealed = "", fmt.Sprintf("lookup-%s-%d", c.ID, n), ""
	}
	return c
}

// enrol gives a person an app and recovery codes through the panel, and returns
// the person as stored then, with the credentials and the session.
func (w *world) enrol(u core.User, codes int) (core.User, []core.Credential, core.Session) {
	w.t.Helper()
	s := w.session(u)
	e := w.panel(u, s.ID)
	credentials := []core.Credential{w.credential(u, core.KindApp, 1)}
	for i := range codes {
		credentials = append(credentials, w.credential(u, core.KindRecovery, i))
	}
	next := w.newSession(u)
	w.must(w.store.CompleteEnrolment(w.ctx, core.EnrolmentCompletion{
		Enrolment: e, TurnOn: true, Credentials: credentials,
		ReplaceCodes: true, Session: next, At: w.clock(),
	}))
	return w.account(u).User, credentials, next
}
