package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// staff makes people as large organizations have them: first and last names of
// which a few are very common and most are rare, addresses made of them, nearly
// all active, half of them with an app. The same n gives the same people.
func staff(organization core.ID, n int, now time.Time) []core.NewUser {
	lots := &lottery{7}
	firsts, lasts := names(lots, 1200, 2), names(lots, 12000, 3)
	people := make([]core.NewUser, n)
	for i := range people {
		first, last := firsts[zipf(lots, len(firsts))], lasts[zipf(lots, len(lasts))]
		u := core.User{
			ID: core.NewID(now.Add(time.Duration(i)*time.Millisecond), func(b []byte) {
				for j := range b {
					b[j] = byte(lots.IntN(256))
				}
			}),
			OrganizationID: organization, FirstName: first, LastName: last,
			Email: fmt.Sprintf("%s.%s%d@%s", strings.ToLower(first), strings.ToLower(last), i, []string{"example.com", "example.org"}[i%10/9]),
			Type:  core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOn, PasswordSealed: "sealed", PasswordVersion: 1, FactorSetVersion: 1,
			EmailProvedAt: now, CreatedAt: now, LastSignInAt: now.Add(-time.Duration(lots.IntN(4000)) * time.Hour),
		}
		switch {
		case i%400 == 0:
			u.Type = core.Administrator
		case i%97 == 0:
			u.Type = core.HelpDesk
		case i%53 == 0:
			u.Status = core.Inactive
		case i%31 == 0:
			u.Status, u.PasswordSealed, u.LastSignInAt, u.EmailProvedAt = core.Invited, "", time.Time{}, time.Time{}
		case i%7 == 0:
			u.TwoFactor = core.TwoFactorOff
		}
		people[i] = core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email}}
		if i%2 == 0 {
			people[i].Credentials = []core.Credential{{
				ID: u.ID + "-app", OrganizationID: organization, UserID: u.ID, Kind: core.KindApp, State: core.CredentialActive, Sealed: "sealed", CreatedAt: now,
			}}
		}
	}
	return people
}

// lottery draws the same numbers every time (Knuth's linear congruence).
type lottery struct{ last uint64 }

// IntN draws a number below n.
func (l *lottery) IntN(n int) int { return int(l.Float64() * float64(n)) }

// Float64 draws a number from 0 to 1.
func (l *lottery) Float64() float64 {
	l.last = l.last*6364136223846793005 + 1442695040888963407
	return float64(l.last>>11) / (1 << 53)
}

// zipf draws a place in a list whose first ones are drawn most.
func zipf(lots *lottery, n int) int {
	return int(math.Pow(float64(n), lots.Float64())) - 1
}

// names makes names of so many syllables or one more, each once.
func names(lots *lottery, n, syllables int) []string {
	const heads, tails = "b br c ch d f g h j k l m n p r s sch st t th v w z", "a e i o u an en er in on ar el ia ei"
	head, tail := strings.Fields(heads), strings.Fields(tails)
	seen, out := map[string]bool{}, make([]string, 0, n)
	for len(out) < n {
		name := ""
		for range syllables + lots.IntN(2) {
			name += head[lots.IntN(len(head))] + tail[lots.IntN(len(tail))]
		}
		if !seen[name] {
			seen[name] = true
			out = append(out, strings.ToUpper(name[:1])+name[1:])
		}
	}
	return out
}
