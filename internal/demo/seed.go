package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/identifier"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
)

// origin marks people that the demo made.
const origin = "demo"

// peopleSeed makes the same people and history on every machine; passwords and
// keys are random all the same.
const peopleSeed = 14

// seeder fills an empty database.
type seeder struct {
	*app.Base
	now time.Time
	// quick hashes passwords that nobody knows: 256 random bits need no slow
	// hash, and the demo shall start at once.
	quick *secret.Passwords
}

// member is one of the handful as people.txt lists them.
type member struct {
	Person
	Password string // empty: none yet
	Link     string // path of the invitation
}

// seed stores the organization, everybody in it and their history, and returns
// the handful with their passwords.
func seed(ctx context.Context, b *app.Base) ([]member, error) {
	s := &seeder{Base: b, now: b.Clock(), quick: secret.NewPasswords(b.Ring, secret.Params{MemoryKiB: 8, Time: 1, Parallelism: 1}, 1, b.Random)}
	org, err := s.organization(ctx)
	if err != nil {
		return nil, err
	}
	var members []member
	var residents []Resident
	var accounts []core.NewUser
	for _, p := range People(peopleSeed) {
		account, m, err := s.person(ctx, org, p)
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", p.Email, err)
		}
		if p.Try != "" {
			members = append(members, m)
		}
		accounts = append(accounts, account)
		residents = append(residents, Resident{Person: p, User: account.User})
	}
	events := History(peopleSeed, org.ID, residents, s.now)
	for i := range accounts {
		accounts[i].User.LastSignInAt = LastSignIn(events, accounts[i].User.ID)
	}
	if err := s.Store.BulkUsers(ctx, accounts); err != nil {
		return nil, fmt.Errorf("store the people: %w", err)
	}
	if err := s.Store.ImportHistory(ctx, events); err != nil {
		return nil, fmt.Errorf("store the history: %w", err)
	}
	if err := s.figures(ctx, org.ID, events); err != nil {
		return nil, err
	}
	for i := range members {
		if err := s.invite(ctx, &members[i], accounts[i].User); err != nil {
			return nil, err
		}
	}
	return members, s.throttled(ctx, residents)
}

// figures counts what happened, as servers do, and stores how people stood on the
// days before, which nobody could count.
func (s *seeder) figures(ctx context.Context, org core.ID, events []core.Event) error {
	if err := s.Adoption.Tally(ctx); err != nil {
		return fmt.Errorf("count the history: %w", err)
	}
	if err := s.Store.SaveFigures(ctx, Figures(org, People(peopleSeed), events, s.now)); err != nil {
		return fmt.Errorf("store the figures: %w", err)
	}
	return nil
}

func (s *seeder) organization(ctx context.Context) (core.Organization, error) {
	o := core.Organization{
		ID: core.NewID(s.now, s.Random), Name: organizationName, Policy: core.DefaultPolicy(), Version: 1,
		Help: "Eva at the help desk, eva@" + mailDomain, CreatedAt: s.now.AddDate(0, 0, -600),
	}
	if err := s.Organizations.Validate(o); err != nil {
		return o, err
	}
	e := core.Event{
		ID: core.NewID(s.now, s.Random), OrganizationID: o.ID, At: o.CreatedAt, Kind: core.EventOrganizationAdded, Result: "ok",
		Actor: operator(), Target: o.Name, DemoData: true,
	}
	return o, s.Store.CreateOrganization(ctx, o, core.Record{Events: []core.Event{e}})
}

func operator() core.Actor { return core.Actor{Kind: "operator", Name: "sallyport demo"} }

// person makes one account with its password and factors.
func (s *seeder) person(ctx context.Context, org core.Organization, p Person) (core.NewUser, member, error) {
	made := s.now.AddDate(0, 0, -p.Joined)
	u := core.User{
		ID: core.NewID(made, s.Random), OrganizationID: org.ID, FirstName: p.First, LastName: p.Last, Type: p.Type, Status: p.Status,
		TwoFactor: p.TwoFactor, PasswordVersion: 1, FactorSetVersion: 1, Origin: origin, CreatedAt: made,
	}
	n, m := core.NewUser{Groups: p.Groups}, member{Person: p}
	var err error
	if u.Email, n.Keys.Email, err = identifier.Email(p.Email); err != nil {
		return n, m, err
	}
	if p.Username != "" {
		if u.Username, n.Keys.Username, err = identifier.Username(p.Username); err != nil {
			return n, m, err
		}
	}
	if p.ExemptFor > 0 {
		u.ExemptUntil = s.now.AddDate(0, 0, p.ExemptFor)
		n.Exemptions = []core.Exemption{{
			ID: core.NewID(s.now, s.Random), OrganizationID: org.ID, UserID: u.ID, Name: u.Name(), Reason: "Waits for a new phone",
			By: core.Actor{Kind: "operator", Name: "demo"}, StartedAt: s.now, Until: u.ExemptUntil,
		}}
	}
	if p.Since > 0 {
		since := s.now.AddDate(0, 0, -p.Since)
		if !p.AppWaits {
			u.EmailProvedAt = since
		}
		if n.Credentials, err = s.factors(u, p, since); err != nil {
			return n, m, err
		}
	}
	switch {
	case p.Status == core.Invited:
	case p.Try != "":
		if m.Password, err = s.password(u, org); err == nil {
			u.PasswordSealed, err = s.Passwords.Hash(ctx, u.ID, m.Password)
		}
	default:
		u.PasswordSealed, err = s.quick.Hash(ctx, u.ID, core.NewToken(s.Random))
	}
	n.User = u
	return n, m, err
}

// factors makes the apps and the recovery codes of somebody who ticked the box
// back then.
func (s *seeder) factors(u core.User, p Person, since time.Time) ([]core.Credential, error) {
	var all []core.Credential
	for _, label := range p.Apps {
		f, ok := s.Factors.Get(core.KindApp)
		if !ok {
			return nil, fmt.Errorf("there is no factor %q", core.KindApp)
		}
		m, err := f.BeginEnrol(u.ID)
		if err != nil {
			return nil, err
		}
		c := core.Credential{Kind: core.KindApp, State: core.CredentialActive, Label: label, Sealed: m.Sealed, KeyID: m.KeyID, Mark: otp.NeverUsed}
		if p.AppWaits {
			c.State = core.CredentialWaiting
		}
		all = append(all, c)
	}
	f, ok := s.Factors.Get(core.KindRecovery)
	if !ok {
		return nil, fmt.Errorf("there is no factor %q", core.KindRecovery)
	}
	m, err := f.BeginEnrol(u.ID)
	if err != nil {
		return nil, err
	}
	codes, err := f.FinishEnrol(u.ID, m, factor.Proof{Now: since})
	if err != nil {
		return nil, err
	}
	all = append(all, codes...)
	for i := range all {
		c := &all[i]
		made := since.Add(time.Duration(i) * time.Millisecond) // they are shown in this order
		c.ID, c.OrganizationID, c.UserID, c.CreatedAt = core.NewID(made, s.Random), u.OrganizationID, u.ID, made
		if c.State == "" {
			c.State = core.CredentialActive
		}
	}
	return all, nil
}

// password returns a random one that is easy to read and to type: three words
// of three syllables, 54 bits.
func (s *seeder) password(u core.User, org core.Organization) (string, error) {
	for range 10 {
		typed := readable(s.Random)
		if err := s.Passwords.Screen(typed, org.Policy.PasswordRules(), u.Username, u.FirstName, org.Name); err == nil {
			return typed, nil
		}
	}
	return "", fmt.Errorf("no password for %s passes the screening", u.Username)
}

func readable(random core.Random) string {
	const consonants, vowels = "bdfgklmnprstvwxz", "aeio"
	var b [9]byte
	random(b[:])
	var out []byte
	for i, n := range b {
		if i > 0 && i%3 == 0 {
			out = append(out, '-')
		}
		out = append(out, consonants[n%16], vowels[n>>4%4])
	}
	return string(out)
}

// invite makes the link of somebody who has no password yet.
func (s *seeder) invite(ctx context.Context, m *member, u core.User) error {
	if m.Status != core.Invited {
		return nil
	}
	token := core.NewToken(s.Random)
	m.Link = "/invite/" + token
	err := s.Store.CreateLink(ctx, core.Link{
		ID: core.NewID(s.now, s.Random), OrganizationID: u.OrganizationID, UserID: u.ID, Kind: core.LinkInvitation,
		TokenHash: secret.Digest(token), CreatedAt: s.now, ExpiresAt: s.now.Add(core.LinkInvitation.Life()),
	}, core.Record{})
	if err != nil {
		return fmt.Errorf("invite %s: %w", u.Username, err)
	}
	return nil
}

// throttled guesses at passwords the way a stranger would have in the last
// hour, through the service itself, so that the waits are real ones.
func (s *seeder) throttled(ctx context.Context, residents []Resident) error {
	at := s.now
	clock := func() time.Time { return at }
	guard := s.Throttle.At(clock)
	for _, p := range residents {
		if !p.Throttled {
			continue
		}
		login, _ := identifier.LoginKey(p.User.Login())
		at = s.now.Add(-70 * time.Minute)
		for at.Before(s.now) {
			ticket, err := guard.Begin(ctx, core.Knocker{UserID: p.User.ID, Login: login, Address: "192.0.2.66", Network: "192.0.2.0/24"})
			if wait := core.WaitOf(err); wait > 0 {
				at = at.Add(wait)
				continue
			}
			if err != nil {
				return fmt.Errorf("throttle %s: %w", p.Email, err)
			}
			if err := guard.Settle(ctx, ticket, core.OutcomeWrong, core.Record{}); err != nil {
				return fmt.Errorf("throttle %s: %w", p.Email, err)
			}
			at = at.Add(time.Second)
		}
	}
	return nil
}
