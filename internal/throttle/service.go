package throttle

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Rules are the numbers of the design's table; all are settable.
type Rules struct {
	// Pair is for one account from one network, or from one known browser.
	Pair core.BucketRule
	// AddressFailures in AddressWindow, or AddressAccounts different accounts
	// failed in it, delay every further try from that address (RL6).
	AddressFailures int
	AddressAccounts int
	AddressWindow   time.Duration
	MaxDelay        time.Duration
	// AccountFailures in a row, wherever from, leave a strange browser one try
	// per wait instead of Pair.Limit (RL5); known browsers keep theirs.
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
}

// delayedAtOnce bounds the connections that delayed requests may hold.
const delayedAtOnce = 256

// New returns a Service. mac is a keyed hash that hides unknown typed names
// (people type passwords there, AU3); wait blocks for a duration.
func New(store Store, rules Rules, clock core.Clock, mac func(string) []byte, wait func(context.Context, time.Duration) error) *Service {
	return &Service{store: store, rules: rules, clock: clock, mac: mac, wait: wait, places: make(chan struct{}, delayedAtOnce)}
}

// errLimited is the same for known and unknown names and for a right password
// during the wait (RL7).
var errLimited = core.NewError(core.RateLimited, "signin.limited")

// Begin takes a slot for one password check, waiting out the delay of an
// address that guesses a lot. While the account's own wait runs, or as many
// checks as are left are under way, it returns a RateLimited error with
// Params["wait"]. Every ticket must be settled.
func (s *Service) Begin(ctx context.Context, k core.Knocker) (core.Ticket, error) {
	t, address, first := s.ticket(k)
	now := s.clock()
	spread := core.Bucket{Key: spreadKey(k.Address), Rule: s.countRule(s.rules.AddressWindow)}
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
		t.Counted = append(t.Counted, spread) // the first failure of this account from there
	}
	if err := s.delay(ctx, taken.Failures[address], taken.Failures[spread.Key]); err != nil {
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

// Unlock forgets what was counted against an account, from everywhere.
func (s *Service) Unlock(ctx context.Context, userID core.ID, r core.Record) error {
	return s.store.ClearPrefix(ctx, string(userID)+"|", r)
}

// owner names the account in bucket keys. An unknown name has a keyed hash, so
// that trying it leaves the same rows and takes the same time (RL7).
func (s *Service) owner(k core.Knocker) string {
	if k.UserID != "" {
		return string(k.UserID)
	}
	return "unknown:" + base64.RawURLEncoding.EncodeToString(s.mac(k.Login))
}

func (s *Service) ticket(k core.Knocker) (t core.Ticket, address, first string) {
	owner := s.owner(k)
	pair := core.Bucket{Key: owner + "|n:" + k.Network, Rule: s.rules.Pair}
	if k.BrowserHash != "" {
		pair.Key = owner + "|b:" + k.BrowserHash
	}
	address, first = "address|"+k.Address, owner+"|a:"+k.Address
	inWindow := s.countRule(s.rules.AddressWindow)
	account := core.Bucket{Key: accountKey(owner), Rule: s.countRule(365 * 24 * time.Hour)}
	t.Leased = []core.Bucket{pair}
	t.Counted = []core.Bucket{{Key: address, Rule: inWindow}, {Key: first, Rule: inWindow}, account}
	t.Clears = []core.Bucket{pair, account}
	return t, address, first
}

func accountKey(owner string) string { return owner + "|all" }

func spreadKey(address string) string { return "spread|" + address }

// countRule only counts: no limit, no wait.
func (s *Service) countRule(window time.Duration) core.BucketRule {
	return core.BucketRule{Window: window}
}

// delay holds back a guessing address: half a second per ten failures over the
// limit, at most MaxDelay. It is a delay, never a refusal, so a whole office
// behind one address still gets in.
func (s *Service) delay(ctx context.Context, failures, accounts int) error {
	over := max(failures-s.rules.AddressFailures, 3*(accounts-s.rules.AddressAccounts))
	if over < 0 {
		return nil
	}
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		return core.NewError(core.Unavailable, "busy").With("wait", 2*time.Second)
	}
	return s.wait(ctx, min(time.Duration(1+over/10)*500*time.Millisecond, s.rules.MaxDelay))
}
