package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/backup"
	"github.com/sallyport/sallyport/internal/core"
)

// TestABackupIsOneMoment: while people are added without a pause, every backup
// has each person with the name to sign in by, or neither.
func TestABackupIsOneMoment(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		// Thirty times twenty for each backup: without an end to them the later
		// backups would take minutes.
		rounds := make(chan int, 30)
		var g sync.WaitGroup
		g.Go(func() {
			for round := range rounds {
				var people []core.NewUser
				for i := range 20 {
					now := s.Clock()
					u := core.User{
						ID: core.NewID(now, random), OrganizationID: s.Org.ID, Email: fmt.Sprintf("p%d-%d@example.com", round, i), FirstName: "A",
						LastName: "B", Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, CreatedAt: now,
					}
					people = append(people, core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email}})
				}
				if err := s.Store.BulkUsers(context.Background(), people); err != nil {
					t.Error(err)
				}
			}
		})
		last := int64(-1)
		for i := range 8 {
			for j := range cap(rounds) {
				rounds <- i*cap(rounds) + j
			}
			rows := s.backUp().summ.Rows
			if rows["person"] != rows["login_key"] || rows["person"]%20 != 0 {
				t.Errorf("%d people with %d names", rows["person"], rows["login_key"])
			}
			if rows["person"] < last {
				t.Errorf("%d people after %d", rows["person"], last)
			}
			last = rows["person"]
		}
		close(rounds)
		g.Wait()
		if last == 0 {
			t.Error("nobody was added meanwhile")
		}
	})
}

// everything gathers what a backup holds as text.
type everything struct{ bytes.Buffer }

func (e *everything) Schema(int64) error           { return nil }
func (e *everything) Table(string, []string) error { return nil }
func (e *everything) Row(values []any) error       { _, err := fmt.Fprintln(e, values...); return err }

// TestABackupHoldsNoSecret: not even one that is not encrypted has the master
// key, a password, a recovery code, a setup key or a session in it (KY2, law 6).
func TestABackupHoldsNoSecret(t *testing.T) {
	s := start(t)
	s.person("ana@example.com")
	b := s.browser()
	b.signIn("ana@example.com", password)
	phone, codes := b.turnOn(s, "ana@example.com")
	var file bytes.Buffer
	_, err := backups(s.Config).Create(t.Context(), backup.Seal{None: true}, operator, func(fill func(io.Writer) error) error { return fill(&file) })
	if err != nil {
		t.Fatal(err)
	}
	var all everything
	if _, err := backup.Read(&file, backup.Key{}, &all); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(s.Config.KeyPath())
	if err != nil {
		t.Fatal(err)
	}
	master, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(key)))
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{long: map[string]string{}, codes: map[string]bool{}}
	l.add("master key", strings.TrimSpace(string(key)))
	l.add("master key", string(master))
	l.add("password", password)
	l.add("setup key", string(phone.secret))
	for _, c := range codes {
		l.add("recovery code", c)
	}
	for _, c := range b.http.Jar.Cookies(b.do("GET", "/home", nil).Request.URL) {
		if c.Name == "sp_session" {
			l.add("session", c.Value)
		}
	}
	if l.count("session") != 1 || l.count("recovery code") != core.RecoveryCodeCount || !strings.Contains(all.String(), "ana@example.com") {
		t.Fatal("there is nothing to look for, or nowhere to look")
	}
	for _, found := range l.find("the backup", all.String()) {
		t.Error(found)
	}
}
