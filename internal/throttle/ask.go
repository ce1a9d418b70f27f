package throttle

import (
	"context"
	"net/netip"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// How often a link to choose a new password may be asked for (PR3), and is
// mailed to an account under attack (RL5). Nothing else limits it: a person who
// may not try passwords for a while can always ask for one.
const (
	asksPerAccount = 3
	asksPerAddress = 10
	askWindow      = time.Hour
	alarmWindow    = 24 * time.Hour
	triesPerLink   = 20
	linksForPerson = 5
	testsPerPerson = 6
	testWindow     = 10 * time.Minute
	keyMisses      = 10 // wrong API keys of one access key, or from one address, in a window
	keyWindow      = time.Minute
)

// Ask counts a request for a link of the account or unknown name k, and reports
// whether it may be served. A /48 of IPv6 may ask as often as four addresses.
func (s *Service) Ask(ctx context.Context, k core.Knocker) (bool, error) {
	asks := func(key string, limit int) core.Bucket {
		return core.Bucket{Key: key, Rule: core.BucketRule{Limit: limit, Window: askWindow}}
	}
	buckets := []core.Bucket{asks(s.owner(k)+"|ask", asksPerAccount), asks("ask|"+place(k), asksPerAddress)}
	if wide := wideKey(k); wide != "" {
		buckets = append(buckets, asks("ask|"+wide, wideFactor*asksPerAddress))
	}
	return s.store.Spend(ctx, buckets, s.clock())
}

// AskAttacked reports whether the account or unknown name k, which is under
// attack, may be mailed a link that nobody asked for: once a day.
func (s *Service) AskAttacked(ctx context.Context, k core.Knocker) (bool, error) {
	once := core.Bucket{Key: s.owner(k) + "|attacked", Rule: core.BucketRule{Limit: 1, Window: alarmWindow}}
	return s.store.Spend(ctx, []core.Bucket{once}, s.clock())
}

// TryLink counts a try to choose a password over a link, and reports whether
// there may be one more.
func (s *Service) TryLink(ctx context.Context, linkID core.ID) (bool, error) {
	tries := core.Bucket{Key: "link|" + string(linkID), Rule: core.BucketRule{Limit: triesPerLink, Window: alarmWindow}}
	return s.store.Spend(ctx, []core.Bucket{tries}, s.clock())
}

// SendLink counts a link that an administrator or the help desk mails to somebody,
// and reports whether there may be one more within the hour: each voids the one
// before, so too many leave a person with none that works. What people ask for
// themselves is counted apart, so that neither uses the other up.
func (s *Service) SendLink(ctx context.Context, userID core.ID) (bool, error) {
	links := core.Bucket{Key: "linkfor|" + string(userID), Rule: core.BucketRule{Limit: linksForPerson, Window: askWindow}}
	return s.store.Spend(ctx, []core.Bucket{links}, s.clock())
}

// SendTest counts a test mail that an administrator sends to their own address,
// and reports whether there may be one more.
func (s *Service) SendTest(ctx context.Context, userID core.ID) (bool, error) {
	tests := core.Bucket{Key: "mailtest|" + string(userID), Rule: core.BucketRule{Limit: testsPerPerson, Window: testWindow}}
	return s.store.Spend(ctx, []core.Bucket{tests}, s.clock())
}

// KeyWait is how long a program waits that has shown too many wrong API keys.
const KeyWait = keyWindow

// MissKey counts a wrong API key of an access key, which may be made up, and of
// the address it came from; it reports whether there may be one more within the
// minute (AK7). Only wrong ones count: an access key is no secret, so whoever knows
// it must not be able to shut its owner out.
func (s *Service) MissKey(ctx context.Context, access string, from netip.Addr) (bool, error) {
	k := core.Knocker{Address: from.String()}
	if from = from.Unmap().WithZone(""); from.Is6() {
		k.Network = netip.PrefixFrom(from, 64).Masked().String()
	}
	misses := func(key string, limit int) core.Bucket {
		return core.Bucket{Key: key, Rule: core.BucketRule{Limit: limit, Window: keyWindow}}
	}
	buckets := []core.Bucket{misses(s.name(access)+"|key", keyMisses), misses("key|"+place(k), keyMisses)}
	if wide := wideKey(k); wide != "" {
		buckets = append(buckets, misses("key|"+wide, wideFactor*keyMisses))
	}
	return s.store.Spend(ctx, buckets, s.clock())
}
