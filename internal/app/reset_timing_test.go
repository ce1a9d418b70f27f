package app_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
)

// askedAtOnce is how many requests are on their way together.
const askedAtOnce = 12

// TestResetTellsNoAccount: a request for a link looks and takes alike for an
// account, an unknown name, and accounts that get none: status, body, headers and
// cookies are the same, the medians of 200 samples within 10 ms, and no test of
// ranks tells them apart (PR2). The kinds are asked in an order of chance, so that
// the mail worker, busy after one, slows all of them.
func TestResetTellsNoAccount(t *testing.T) { inTurn(t, resetTellsNoAccount) }

func resetTellsNoAccount(t *testing.T) {
	s := start(t, func(c *config.Config) { c.Trusted = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} })
	kinds := []string{"known", "disabled", "noaccess", "invited", "mailless", "unknown"}
	s.askable(kinds)
	// Of many runs some are apart by chance, or because the machine was busy
	// with something else; what really differs does so each time.
	var apart []string
	for round := range rounds {
		took, shown := s.askAll(kinds, round)
		if len(shown) != 1 {
			t.Fatalf("%d different answers: %v", len(shown), shown)
		}
		if apart = toldApart(t, kinds, took); len(apart) == 0 {
			return
		}
	}
	t.Errorf("told apart in each of %d rounds: %v", rounds, apart)
}

// rounds is how often the requests are sent before a difference counts.
const rounds = 3

// askAll sends every request once, in an order of chance and from a network of
// its own, and returns how long the answers took and how they looked, by kind.
func (s *server) askAll(kinds []string, round int) (took map[string][]time.Duration, shown map[string]string) {
	type request struct{ kind, n int }
	var all []request
	for k := range kinds {
		for i := range samples {
			all = append(all, request{k, i})
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	b := s.browser()
	b.http.Transport = &http.Transport{MaxIdleConnsPerHost: askedAtOnce}
	s.t.Cleanup(b.http.CloseIdleConnections)
	form := b.get("/password/forgot").forms(s.t)[0].values
	var mu sync.Mutex
	took, shown = map[string][]time.Duration{}, map[string]string{}
	work := make(chan request)
	var g sync.WaitGroup
	for range askedAtOnce {
		g.Go(func() {
			for r := range work {
				mine := map[string][]string{"form_token": form["form_token"], "login": {fmt.Sprintf("%s%d", kinds[r.kind], r.n)}}
				from := fmt.Sprintf("10.%d.%d.7", round*len(kinds)+r.kind, r.n)
				began := time.Now()
				p := b.do("POST", "/password/forgot", mine, func(q *http.Request) { q.Header.Set("X-Forwarded-For", from) })
				mu.Lock()
				took[kinds[r.kind]] = append(took[kinds[r.kind]], time.Since(began))
				shown[looksOf(p)] = kinds[r.kind]
				mu.Unlock()
			}
		})
	}
	for _, r := range all {
		work <- r
	}
	close(work)
	g.Wait()
	return took, shown
}

// toldApart says how the kinds differ from an unknown name, if they do.
func toldApart(t *testing.T, kinds []string, took map[string][]time.Duration) (apart []string) {
	base := median(took["unknown"])
	for _, kind := range kinds {
		m, z := median(took[kind]), ranks(took[kind], took["unknown"])
		t.Logf("%s: median %v, z %.2f", kind, m, z)
		if (m-base).Abs() > timingMargin || math.Abs(z) > splitAt {
			apart = append(apart, fmt.Sprintf("%s (median %v, an unknown name's %v, z = %.1f)", kind, m, base, z))
		}
	}
	return apart
}

// splitAt is how far the ranks of two kinds may be from those of chance, in
// standard deviations: beyond 2.58 lies one in a hundred (EN2), and five kinds
// are compared.
const splitAt = 3.1

// ranks is Mann and Whitney's test of whether one of two samples tends to be
// greater, as standard deviations from none.
func ranks(a, b []time.Duration) float64 {
	u := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	return (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}

// looksOf is everything of an answer but what differs between any two.
func looksOf(p page) string {
	var lines []string
	for name, values := range p.Header {
		if name != "Date" && name != "X-Request-Id" {
			lines = append(lines, name+"="+strings.Join(values, ";"))
		}
	}
	slices.Sort(lines)
	return fmt.Sprintln(p.StatusCode, lines, p.Body)
}

// askable stores people of each kind but the last, who sign in by the name of
// the kind and a number.
func (s *server) askable(kinds []string) {
	s.t.Helper()
	var people []core.NewUser
	for _, kind := range kinds[:len(kinds)-1] {
		for i := range samples {
			name := fmt.Sprintf("%s%d", kind, i)
			u := core.User{
				ID: core.NewID(s.now(), random), OrganizationID: s.Org.ID, Username: name, Email: name + "@example.com", FirstName: "A", LastName: "B",
				Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordSealed: "sealed", PasswordVersion: 1, FactorSetVersion: 1,
				CreatedAt: s.now(),
			}
			keys := core.LoginKeys{Email: u.Email, Username: name}
			switch kind {
			case "disabled":
				u.Status = core.Inactive
			case "noaccess":
				u.Type = core.NoAccess
			case "invited":
				u.Status, u.PasswordSealed = core.Invited, ""
			case "mailless":
				u.Email, keys.Email = "", ""
			}
			people = append(people, core.NewUser{User: u, Keys: keys})
		}
	}
	if err := s.Store.BulkUsers(s.t.Context(), people); err != nil {
		s.t.Fatal(err)
	}
}
