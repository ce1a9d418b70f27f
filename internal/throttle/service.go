package throttle

import (
	"context"
	"encoding/base64"
	"net/netip"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Rules are the numbers of the design's table; all are settable.
type Rules struct {
	// Pair is for one account from one network, or from one known browser.
	Pair core.BucketRule
	// AddressFailures in AddressWindow, or AddressAccounts different accounts
	// failed in it, delay every further try from that address, which for IPv6 is
	// its /64; so do four times AddressFailures from a /48 (RL1, RL6).
	AddressFailures int
	AddressAccounts int
	AddressWindow   time.Duration
	MaxDelay        time.Duration
	// AccountFailures in a row, wherever from, leave a strange browser one try
	// per wait instead of Pair.Limit, and mail the owner a reset link (RL5); known
	// browsers keep theirs.
	AccountFailures int
}

// DefaultRules returns the numbers of the design.
func DefaultRules() Rules {
	return Rules{
		Pair: core.BucketRule{
			Limit: 5, Window: 15 * time.Minute, FirstWait: 30 * time.Second,
			MaxWait: time.Hour, Lease: time.Minute,
		},
		AddressFailures: 30, AddressAccounts: 10, AddressWindow: 10 * time.Minute, MaxDelay: 5 * time.Second,
		AccountFailures: 100,
	}
}

// Service decides whether a password may be tried now.
type Service struct {
	store  Store
	rules  Rules
	clock  core.Clock
	mac    func(typed string) []byte
	wait   func(ctx context.Context, d time.Duration) error
	places chan struct{} // bounds how many requests wait out a delay at once
	delays *shares       // and how many of them are of one network
	checks *shares       // password checks at or before the hashing gate
	long   *shares       // exports and rehearsals, by organization
}

// delayedAtOnce bounds the connections that delayed requests may hold.
const delayedAtOnce = 256

// unknownWindow is how long failures at a name that nobody has count together:
// a stranger can make up any number of names. wideFactor is how much more a /48
// may fail than a /64.
const (
	knownWindow   = 365 * 24 * time.Hour
	unknownWindow = 24 * time.Hour
	wideFactor    = 4
)

// New returns a Service. mac is a keyed hash that hides typed names (people
// type passwords there, AU3); wait blocks for a duration.
func New(store Store, rules Rules, clock core.Clock, mac func(string) []byte, wait func(context.Context, time.Duration) error) *Service {
	return &Service{
		store: store, rules: rules, clock: clock, mac: mac, wait: wait, places: make(chan struct{}, delayedAtOnce),
		delays: newShares(delaysAtOnce, 0), checks: newShares(checksAtOnce, checksQueued), long: newShares(longAtOnce, longQueued),
	}
}

// At returns the same service at another time, which delays nobody: for the
// demo, whose strangers guessed in the past.
func (s *Service) At(clock core.Clock) *Service {
	never := func(context.Context, time.Duration) error { return nil }
	return New(s.store, s.rules, clock, s.mac, never)
}

// errLimited is the same for known and unknown names and for a right password
// during the wait (RL7).
var errLimited = core.NewError(core.RateLimited, "signin.limited")

// Begin takes a slot for one password check, waiting out the delay of an
// address that guesses a lot. While the account's own wait runs, or as many
// checks as are left are under way, it returns a RateLimited error with
// Params["wait"]. Every ticket must be settled.
func (s *Service) Begin(ctx context.Context, k core.Knocker) (core.Ticket, error) {
	t, first := s.ticket(k)
	now := s.clock()
	spread := core.Bucket{Key: "spread|" + place(k), Rule: countRule(s.rules.AddressWindow)}
	taken, err := s.store.Take(ctx, t.Leased, append(t.Counted[:len(t.Counted):len(t.Counted)], spread), now)
	if err != nil {
		return core.Ticket{}, err
	}
	if taken.Wait == 0 && k.BrowserHash == "" && taken.Failures[accountKey(s.owner(k))] >= s.rules.AccountFailures {
		// The pair bucket took one slot of five; a strange browser at an account
		// under attack gets one try only, so it is refused from its first failure on.
		if taken.Failures[first] > 0 {
			if err := s.store.Settle(ctx, t.Leased, nil, core.OutcomeFreed, now, core.Record{}); err != nil {
				return core.Ticket{}, err
			}
			taken.Wait = s.rules.Pair.MaxWait
		}
	}
	if taken.Wait > 0 {
		return core.Ticket{}, errLimited.With("wait", taken.Wait)
	}
	if taken.Failures[first] == 0 {
		t.Counted = append(t.Counted, spread) // the first failure of this name from there
	}
	t.Attacked = k.BrowserHash == "" && taken.Failures[accountKey(s.owner(k))]+1 >= s.rules.AccountFailures
	over := max(
		taken.Failures[addressKey(k)]-s.rules.AddressFailures,
		3*(taken.Failures[spread.Key]-s.rules.AddressAccounts),
		taken.Failures[wideKey(k)]-wideFactor*s.rules.AddressFailures,
	)
	if err := s.delay(ctx, k.Network, over); err != nil {
		freed := s.store.Settle(context.WithoutCancel(ctx), t.Leased, nil, core.OutcomeFreed, now, core.Record{})
		if freed != nil {
			return core.Ticket{}, freed
		}
		return core.Ticket{}, err
	}
	return t, nil
}

// Settle ends a ticket: right clears the account's buckets, wrong counts in
// all of them, freed leaves everything as it was.
func (s *Service) Settle(ctx context.Context, t core.Ticket, o core.Outcome, r core.Record) error {
	leased, counted := t.Leased, t.Counted
	if o == core.OutcomeRight {
		leased, counted = t.Clears, nil
	}
	return s.store.Settle(context.WithoutCancel(ctx), leased, counted, o, s.clock(), r)
}

// Unlock forgets what was counted against an account and its names, canonical,
// from everywhere.
func (s *Service) Unlock(ctx context.Context, userID core.ID, logins []string, r core.Record) error {
	prefixes := []string{string(userID) + "|"}
	for _, login := range logins {
		prefixes = append(prefixes, s.name(login)+"|")
	}
	return s.store.ClearPrefixes(ctx, prefixes, r)
}

// Waits returns from where a person of an organization may try no password for a
// while, the longest wait first. The delays of an address are not among them:
// they pass by themselves within seconds.
func (s *Service) Waits(ctx context.Context, organizationID, userID core.ID) ([]core.PasswordWait, error) {
	keys, ends, err := s.store.Waits(ctx, organizationID, userID, s.clock())
	if err != nil {
		return nil, err
	}
	var all []core.PasswordWait
	for i, key := range keys {
		_, network, _ := strings.Cut(key, fromNetwork)
		all = append(all, core.PasswordWait{Until: ends[i], Network: network})
	}
	return all, nil
}

// fromNetwork stands between a name and the network that it was tried from.
const fromNetwork = "|n:"

// name stands for a typed name in bucket keys.
func (s *Service) name(login string) string {
	return "name:" + base64.RawURLEncoding.EncodeToString(s.mac(login))
}

// owner names the account in bucket keys: the person, or an unknown name.
func (s *Service) owner(k core.Knocker) string {
	if k.UserID != "" {
		return string(k.UserID)
	}
	return s.name(k.Login)
}

// ticket returns the buckets of a try and the key of the one that counts this
// name from there. What a stranger notices goes by the typed name, known or
// not: trying a name leaves the same rows and takes the same time, and two
// names of one person behave like two names that nobody has (EN1, RL7).
func (s *Service) ticket(k core.Knocker) (t core.Ticket, first string) {
	name, owner := s.name(k.Login), s.owner(k)
	pair := core.Bucket{Key: name + fromNetwork + k.Network, Rule: s.rules.Pair, UserID: k.UserID}
	if k.BrowserHash != "" {
		pair.Key = owner + "|b:" + k.BrowserHash
	}
	window := knownWindow
	if k.UserID == "" {
		window = unknownWindow
	}
	first = name + "|a:" + place(k)
	inWindow := countRule(s.rules.AddressWindow)
	account := core.Bucket{Key: accountKey(owner), Rule: countRule(window)}
	t.Leased = []core.Bucket{pair}
	t.Counted = []core.Bucket{{Key: addressKey(k), Rule: inWindow}, {Key: first, Rule: inWindow}, account}
	if wide := wideKey(k); wide != "" {
		t.Counted = append(t.Counted, core.Bucket{Key: wide, Rule: inWindow})
	}
	t.Clears = []core.Bucket{pair, account}
	return t, first
}

func accountKey(owner string) string { return owner + "|all" }

func addressKey(k core.Knocker) string { return "address|" + place(k) }

// place is what counts as one address: any host has a whole IPv6 /64 to come
// from, so that is one.
func place(k core.Knocker) string {
	if _, six := addressOf(k); six {
		return k.Network
	}
	return k.Address
}

// wideKey is the bucket of an IPv6 /48, which many providers hand out to one
// customer; empty for IPv4.
func wideKey(k core.Knocker) string {
	a, six := addressOf(k)
	if !six {
		return ""
	}
	return "wide|" + netip.PrefixFrom(a, 48).Masked().String()
}

func addressOf(k core.Knocker) (a netip.Addr, six bool) {
	a, err := netip.ParseAddr(k.Address)
	a = a.Unmap().WithZone("")
	return a, err == nil && a.Is6()
}

// countRule only counts: no limit, no wait.
func countRule(window time.Duration) core.BucketRule {
	return core.BucketRule{Window: window}
}

// delay holds back a guessing address: half a second per ten failures over the
// limit, at most MaxDelay. A whole office behind one address still gets in, a
// few at once; more of one network are asked to come back in a moment, so that
// it cannot take all places of those who are delayed.
func (s *Service) delay(ctx context.Context, network string, over int) error {
	if over < 0 {
		return nil
	}
	leave, err := s.delays.enter(ctx, network)
	if err != nil {
		return err
	}
	defer leave()
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		return errBusy
	}
	return s.wait(ctx, min(time.Duration(1+over/10)*500*time.Millisecond, s.rules.MaxDelay))
}
