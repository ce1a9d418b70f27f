package sqlstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// BenchmarkSignIn is all that one sign-in with an authenticator asks of the
// store: its CPU time is to be small beside the password hash.
func BenchmarkSignIn(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchSignIn(b, files(b)) })
	b.Run("PostgreSQL", func(b *testing.B) {
		storetest.NeedServer(b)
		benchSignIn(b, databases(b, storetest.OwnDatabase(b)))
	})
}

func benchSignIn(b *testing.B, db storetest.Database) {
	s := db.Open(b, time.Now, seeded())
	const people = 200
	users := manyPeople(b, s, people)
	random := seeded()
	b.ResetTimer()
	for i := range b.N {
		u := users[i%people]
		now := time.Now().Add(time.Duration(i) * time.Millisecond)
		id := func() core.ID { return core.NewID(now, random) }
		if err := signInOnce(b, s, u, now, id, int64(i+1)); err != nil {
			b.Fatal(err)
		}
	}
}

func manyPeople(b *testing.B, s *sqlstore.Store, n int) []core.NewUser {
	b.Helper()
	o := core.Organization{ID: "org", Name: "One", Policy: core.DefaultPolicy()}
	if err := s.CreateOrganization(b.Context(), o, core.Record{}); err != nil {
		b.Fatal(err)
	}
	people := make([]core.NewUser, n)
	for i := range people {
		u := core.User{
			ID: core.ID(fmt.Sprintf("user-%05d", i)), OrganizationID: o.ID, Email: fmt.Sprintf("p%d@example.com", i), Type: core.Ordinary,
			Status: core.Active, TwoFactor: core.TwoFactorOn, PasswordSealed: "sealed", PasswordVersion: 1, FactorSetVersion: 1,
		}
		people[i] = core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email}, Credentials: []core.Credential{
			{ID: u.ID + "-app", OrganizationID: o.ID, UserID: u.ID, Kind: core.KindApp, State: core.CredentialActive, Sealed: "sealed"},
		}}
	}
	if err := s.BulkUsers(b.Context(), people); err != nil {
		b.Fatal(err)
	}
	return people
}

func signInOnce(b *testing.B, s *sqlstore.Store, p core.NewUser, now time.Time, id func() core.ID, mark int64) error {
	ctx, u := b.Context(), p.User
	rule := core.BucketRule{Limit: 5, Window: time.Hour, FirstWait: time.Second, MaxWait: time.Hour, Lease: time.Minute}
	leased := []core.Bucket{{Key: string(u.ID) + "|n", Rule: rule}}
	counted := []core.Bucket{{Key: "address"}, {Key: string(u.ID) + "|a"}, {Key: string(u.ID) + "|all"}, {Key: "spread"}}
	event := func(kind string) core.Event {
		return core.Event{ID: id(), OrganizationID: u.OrganizationID, At: now, Kind: kind, SubjectID: u.ID, Origin: core.Origin{Address: "192.0.2.1"}}
	}
	if _, err := s.FindLogin(ctx, u.Email, "browser", ""); err != nil {
		return err
	}
	if _, err := s.Take(ctx, leased, counted, now); err != nil {
		return err
	}
	if _, err := s.MailWorks(ctx, now.Add(-time.Minute)); err != nil {
		return err
	}
	a := core.Attempt{
		ID: id(), TokenHash: string(id()), OrganizationID: u.OrganizationID, UserID: u.ID, PasswordVersion: 1, FactorSetVersion: 1,
		CreatedAt: now, ActiveAt: now, Version: 1,
	}
	err := s.OpenAttempt(ctx, core.AttemptOpening{Attempt: a, Slots: append(leased, counted[2]), Record: core.Record{Events: []core.Event{event("right")}}})
	if err != nil {
		return err
	}
	for range 2 {
		if _, err := s.AttemptByToken(ctx, a.TokenHash); err != nil {
			return err
		}
	}
	if _, err := s.FactorCredentials(ctx, u.OrganizationID, u.ID, core.KindApp); err != nil {
		return err
	}
	_, err = s.TakeTry(ctx, core.Try{
		OrganizationID: u.OrganizationID, UserID: u.ID, Kind: core.KindApp, AttemptID: a.ID, At: now,
		Rule: core.GuardRuleOf(core.KindApp),
	})
	if err != nil {
		return err
	}
	session := core.Session{
		ID: id(), TokenHash: string(id()), Level: 3, SignedInAt: now, ProvedAt: now, CreatedAt: now, LastSeenAt: now,
		Methods: []string{"pwd", "otp", "mfa"},
	}
	err = s.CompleteSignIn(ctx, core.Completion{
		Attempt: &a, UserID: u.ID, OrganizationID: u.OrganizationID, PasswordVersion: 1, FactorSetVersion: 1,
		Use: &core.FactorUse{Kind: core.KindApp, CredentialID: p.Credentials[0].ID, Mark: mark}, ResetGuards: true, Session: session, At: now,
		Browser: core.Browser{Hash: "browser", FirstSeenAt: now, LastSeenAt: now, LastMethod: core.KindApp},
		Record:  core.Record{Events: []core.Event{event("completed")}},
	})
	if err != nil {
		return err
	}
	_, err = s.SessionByToken(ctx, session.TokenHash)
	return err
}
