package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Resident is a person with the account that was made for them.
type Resident struct {
	Person
	User core.User
}

// historian writes events down. All it decides comes from its seed.
type historian struct {
	rand   *rand.Rand
	org    core.ID
	now    time.Time
	events []core.Event
	admin  core.Actor
}

// History returns the events of the last ninety days up to now, oldest first,
// all marked as demo data: who signed in how, what failed, and when each person
// turned two-factor authentication on. The same arguments give the same events.
// The first resident is the administrator.
func History(seed uint64, org core.ID, residents []Resident, now time.Time) []core.Event {
	h := &historian{rand: rand.New(rand.NewPCG(seed, 2)), org: org, now: now}
	h.admin = actorOf(residents[0].User)
	for i, p := range residents {
		h.life(p, homeOf(i))
	}
	h.guesser(residents)
	slices.SortStableFunc(h.events, func(a, b core.Event) int { return a.At.Compare(b.At) })
	return h.events
}

func actorOf(u core.User) core.Actor {
	return core.Actor{Kind: "person", ID: u.ID, Name: u.Name()}
}

// random makes the ids of events; it is a [core.Random].
func (h *historian) random(b []byte) {
	for i := range b {
		b[i] = byte(h.rand.UintN(256))
	}
}

// note adds one event. What would lie ahead is left out.
func (h *historian) note(at time.Time, kind, result string, actor core.Actor, u core.User, o core.Origin, detail ...string) {
	if !at.Before(h.now) {
		return
	}
	e := core.Event{
		ID: core.NewID(at, h.random), OrganizationID: h.org, At: at, Kind: kind, Result: result,
		Actor: actor, SubjectID: u.ID, Origin: o, DemoData: true,
	}
	for i := 0; i+1 < len(detail); i += 2 {
		if detail[i] == "target" {
			e.Target = detail[i+1]
			continue
		}
		if e.Detail == nil {
			e.Detail = map[string]string{}
		}
		e.Detail[detail[i]] = detail[i+1]
	}
	h.events = append(h.events, e)
}

// day returns a moment of a day so many days ago.
func (h *historian) day(ago int, hour, minute int) time.Time {
	d := h.now.UTC().AddDate(0, 0, -ago)
	return time.Date(d.Year(), d.Month(), d.Day(), hour, minute, h.rand.IntN(60), h.rand.IntN(1000)*int(time.Millisecond), time.UTC)
}

// home is where somebody works from. The addresses are those kept for
// documentation (RFC 5737, RFC 3849).
type home struct {
	address, network string
	devices          []string
}

func homeOf(i int) home {
	devices := []string{
		"Firefox on Windows", "Chrome on Windows", "Edge on Windows", "Safari on macOS", "Chrome on Android", "Safari on iOS", "Firefox on Linux",
	}
	h := home{devices: []string{devices[i%4], devices[(i*5+4)%7]}}
	switch i % 3 {
	case 0:
		h.address, h.network = fmt.Sprintf("203.0.113.%d", 10+i), "203.0.113.0/24"
	case 1:
		h.address, h.network = fmt.Sprintf("198.51.100.%d", 10+i), "198.51.100.0/24"
	default:
		h.address, h.network = fmt.Sprintf("2001:db8:%x::%x", i, i+1), fmt.Sprintf("2001:db8:%x::/64", i)
	}
	return h
}

func (h *historian) origin(from home) core.Origin {
	device := from.devices[0]
	if h.rand.IntN(5) == 0 {
		device = from.devices[1]
	}
	return core.Origin{Address: from.address, Network: from.network, Device: device}
}

// life is everything that happened around one person.
func (h *historian) life(p Resident, from home) {
	if p.Joined < historyDays {
		h.note(h.day(p.Joined, 8, 30), core.EventUserCreated, "ok", h.admin, p.User, core.Origin{}, "target", p.Email)
	}
	if p.Status == core.Invited || p.Type == core.NoAccess {
		return
	}
	if p.Joined < historyDays {
		h.note(h.day(p.Joined, 10, 5), core.EventPasswordSet, "ok", actorOf(p.User), p.User, h.origin(from))
	}
	remembered := -1 // until which day ago this browser is remembered
	for ago := min(p.Joined-1, historyDays-1); ago >= p.Left; ago-- {
		if !h.comes(p, ago) {
			continue
		}
		at := h.day(ago, 7+h.rand.IntN(9), h.rand.IntN(60))
		o := h.origin(from)
		at = h.wrongPasswords(at, p, o)
		method := methodOn(p, ago)
		switch {
		case method == "" || remembered >= 0 && ago >= remembered:
			detail := []string{"method", "password"}
			if method != "" {
				detail = append(detail, "device", "remembered")
			}
			h.note(at, core.EventSignInCompleted, "ok", actorOf(p.User), p.User, o, detail...)
		default:
			remembered = h.secondStep(at, p, method, o, ago)
		}
		if h.rand.IntN(5) < 2 {
			h.note(at.Add(time.Duration(1+h.rand.IntN(6))*time.Hour), core.EventSignedOut, "ok", actorOf(p.User), p.User, o)
		}
		h.turn(at.Add(20*time.Minute), p, o, ago)
	}
}

// comes decides whether somebody signs in on a day: seldom at weekends, and
// always on the day they changed something.
func (h *historian) comes(p Resident, ago int) bool {
	share := p.Diligence
	if d := h.now.UTC().AddDate(0, 0, -ago).Weekday(); d == time.Saturday || d == time.Sunday {
		share *= 0.08
	}
	return h.rand.Float64() < share || ago == p.Since && p.Since > 0 || ago == p.Suspended && p.Suspended > 0
}

// methodOn is the second step that was asked for on a day. The first one is
// always an emailed code.
func methodOn(p Resident, ago int) core.FactorKind {
	switch {
	case p.Since == 0 || ago >= p.Since, p.Suspended > 0 && ago < p.Suspended:
		return ""
	case p.AppWaits:
		return core.KindEmail
	}
	return p.Method
}

// wrongPasswords are the slips of the owner; it returns when they were over.
func (h *historian) wrongPasswords(at time.Time, p Resident, o core.Origin) time.Time {
	for h.rand.IntN(18) == 0 {
		h.note(at, core.EventPasswordWrong, "refused", actorOf(p.User), p.User, o)
		at = at.Add(time.Duration(8+h.rand.IntN(40)) * time.Second)
	}
	return at
}

// secondStep is a sign-in with a code. It returns until which day ago the
// device is remembered, below zero for not at all.
func (h *historian) secondStep(at time.Time, p Resident, method core.FactorKind, o core.Origin, ago int) int {
	me := actorOf(p.User)
	h.note(at, core.EventPasswordRight, "ok", me, p.User, o)
	if method == core.KindEmail {
		at = at.Add(2 * time.Second)
		h.note(at, core.EventCodeSent, "ok", me, p.User, o, "purpose", string(core.PurposeSignIn), "reference", core.NewReference(h.random))
	}
	if h.rand.IntN(60) == 0 {
		h.note(at.Add(15*time.Minute), core.EventSignInAbandoned, "failed", me, p.User, o)
		return -1
	}
	for h.rand.IntN(25) == 0 {
		at = at.Add(time.Duration(10+h.rand.IntN(20)) * time.Second)
		h.note(at, core.EventCodeWrong, "refused", me, p.User, o, "method", string(method))
	}
	at = at.Add(time.Duration(8+h.rand.IntN(50)) * time.Second)
	if method == core.KindApp && h.rand.IntN(40) == 0 {
		method = core.KindRecovery
		h.note(at, core.EventRecoveryUsed, "ok", me, p.User, o)
	}
	detail := []string{"method", string(method)}
	if h.rand.IntN(30) == 0 {
		detail = append(detail, core.DetailNewBrowser, "yes")
	}
	h.note(at, core.EventSignInCompleted, "ok", me, p.User, o, detail...)
	if p.Diligence > 0.6 || h.rand.IntN(6) > 0 {
		return -1 // those who come often work where several people share a browser
	}
	h.note(at, core.EventDeviceRemembered, "ok", me, p.User, o, "target", o.Device)
	return max(0, ago-30)
}

// turn is what somebody changed on their Security tab that day.
func (h *historian) turn(at time.Time, p Resident, o core.Origin, ago int) {
	me := actorOf(p.User)
	if p.Since > 0 && ago == p.Since {
		h.note(at, core.EventTwoFactorOn, "ok", me, p.User, o,
			"app", fmt.Sprint(p.Method == core.KindApp), "deferred", fmt.Sprint(p.AppWaits))
		for _, label := range p.Apps[min(1, len(p.Apps)):] {
			h.note(at.Add(5*time.Minute), core.EventAppAdded, "ok", me, p.User, o, "target", label)
		}
	}
	if p.Suspended > 0 && ago == p.Suspended {
		h.note(at, core.EventTwoFactorOffNow, "ok", me, p.User, o)
	}
}

// guesser is a stranger: one evening of tries at many names, and steady ones at
// the people who are throttled today.
func (h *historian) guesser(residents []Resident) {
	o := core.Origin{Address: "192.0.2.66", Network: "192.0.2.0/24", Device: "Chrome on Linux"}
	nobody := core.Actor{Kind: "nobody"}
	at := h.day(33, 22, 10)
	for i := range 40 {
		at = at.Add(time.Duration(2+h.rand.IntN(9)) * time.Second)
		u := core.User{} // a name that nobody has
		if i%3 == 0 {
			u = residents[h.rand.IntN(len(residents))].User
		}
		h.note(at, core.EventPasswordWrong, "refused", nobody, u, o)
	}
	for _, p := range residents {
		if !p.Throttled {
			continue
		}
		for i := range 12 {
			kind, when := core.EventPasswordWrong, h.now.Add(time.Duration(i-13)*4*time.Minute)
			if i > 4 && i%2 == 0 {
				kind = core.EventSignInThrottled
			}
			h.note(when, kind, "refused", nobody, p.User, o)
		}
	}
}

// LastSignIn returns when somebody last came in, by the history.
func LastSignIn(events []core.Event, id core.ID) time.Time {
	for _, e := range slices.Backward(events) {
		if e.SubjectID == id && e.Kind == core.EventSignInCompleted {
			return e.At
		}
	}
	return time.Time{}
}

// stateLines counts the people by state, "13 off, 12 email, …".
func stateLines(people []Person) string {
	count := map[string]int{}
	var order []string
	for _, p := range people {
		if count[p.State()]++; count[p.State()] == 1 {
			order = append(order, p.State())
		}
	}
	for i, state := range order {
		order[i] = fmt.Sprintf("%d %s", count[state], state)
	}
	return strings.Join(order, ", ")
}
