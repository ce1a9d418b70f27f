package organization

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Roll reads an organization's people one after the other.
type Roll interface {
	// CallRoll tells visit of each person with what the decisions of a sign-in
	// look at, page by page.
	CallRoll(ctx context.Context, organizationID core.ID, now time.Time, visit func(core.Rehearsed) error) error
	// ClientUsers counts the people as whom a program signed in with a password
	// alone since a moment.
	ClientUsers(ctx context.Context, organizationID core.ID, since time.Time) (int, error)
}

// Surroundings are the facts around sign-ins that belong to the deployment.
type Surroundings interface {
	// Circumstances are those of a sign-in in a browser that nobody knows.
	// MailWorks is false where no mail server is configured, too.
	Circumstances(ctx context.Context, now time.Time) (core.Circumstances, error)
}

// Rehearser tells what settings come to before they are saved. It writes nothing.
type Rehearser struct {
	roll   Roll
	around Surroundings
	clock  core.Clock
}

// NewRehearser returns a Rehearser.
func NewRehearser(roll Roll, around Surroundings, clock core.Clock) *Rehearser {
	return &Rehearser{roll: roll, around: around, clock: clock}
}

// Asking says what a rehearsal is of, and how much of its list is wanted.
type Asking struct {
	Is       core.Organization // as it is in force
	Proposed core.Organization // as typed
	You      core.ID           // who asks
	Skip     int               // of the people who are stuck
	Limit    int
}

// clientMemory is how far back a program that signs in with a password is told of:
// as long as the audit log is kept at least.
const clientMemory = core.AuditDaysLeast * 24 * time.Hour

// ExemptShown is how many exemptions a rehearsal names.
const ExemptShown = 20

// Rehearsal is what settings come to.
type Rehearsal struct {
	At        time.Time
	Start     time.Time // when the settings are in force as a whole
	People    int       // who may sign in: with a password and access
	SetUp     int       // of those: with two-factor on, or an app
	Unproved  int       // of those: with an address that has not proved itself
	Asked     int       // of those: who are asked for a second step at their next sign-in from Start on
	Newly     int       // of those: who are not today
	Invited   int       // have not accepted their invitation, and are not among People
	Stuck     int       // of People: who could not sign in once the settings are in force
	Already   int       // of those: who cannot today either
	Later     int       // of People: who could not from a later date on
	ForMail   int       // of Stuck and Later, without Already: whom working email would let in
	Reasons   []Reason  // of Stuck and Later, the most frequent first
	List      []Stuck   // a window of Stuck and Later, in the order people were added
	Clients   int       // as whom a program signed in with a password alone in the last 90 days
	Exempt    int       // of People: who are exempt at Start
	Exempted  []Exempt  // of those, the exemptions that end first
	You       Yourself
	MailWorks bool
}

// Reason counts the people whose first hindrance is the same.
type Reason struct {
	Hindrance core.Hindrance
	People    int
}

// Stuck is a person who could not sign in.
type Stuck struct {
	User core.User // what the roll read of it
	core.Outlook
}

// Exempt is a person who is not asked for now.
type Exempt struct {
	ID    core.ID
	Name  string
	Until time.Time
}

// Yourself is what whoever asks would face.
type Yourself struct {
	Outlook core.Outlook
	HasApp  bool
	Proved  bool // the mailbox has
	// AppFrom is when an app is demanded of you; zero: never, or you have one.
	AppFrom time.Time
}

// Rehearse runs the decision of a sign-in for everybody under the settings
// proposed. It keeps counts and the window asked for, however many people there
// are.
func (h *Rehearser) Rehearse(ctx context.Context, a Asking) (Rehearsal, error) {
	now := h.clock()
	c, err := h.around.Circumstances(ctx, now)
	if err != nil {
		return Rehearsal{}, err
	}
	t := tally{Rehearsal: Rehearsal{At: now, Start: a.Proposed.Policy.Begins(now), MailWorks: c.MailWorks}, asking: a, around: c, reasons: map[core.Hindrance]int{}}
	err = h.roll.CallRoll(ctx, a.Is.ID, now, func(r core.Rehearsed) error {
		t.count(r)
		return nil
	})
	if err != nil {
		return Rehearsal{}, err
	}
	if t.Clients, err = h.roll.ClientUsers(ctx, a.Is.ID, now.Add(-clientMemory)); err != nil {
		return Rehearsal{}, err
	}
	for hindrance, n := range t.reasons {
		t.Reasons = append(t.Reasons, Reason{hindrance, n})
	}
	slices.SortFunc(t.Reasons, func(a, b Reason) int {
		if a.People != b.People {
			return b.People - a.People
		}
		return cmp.Compare(a.Hindrance, b.Hindrance)
	})
	return t.Rehearsal, nil
}

// EachStuck tells each of everybody who could not sign in, for a list as long as
// it is.
func (h *Rehearser) EachStuck(ctx context.Context, a Asking, each func(Stuck) error) error {
	now := h.clock()
	c, err := h.around.Circumstances(ctx, now)
	if err != nil {
		return err
	}
	return h.roll.CallRoll(ctx, a.Is.ID, now, func(r core.Rehearsed) error {
		if o := core.Rehearse(r, a.Is, a.Proposed, c, now); o.Prospect == core.ProspectStuck {
			return each(Stuck{r.Account.User, o})
		}
		return nil
	})
}

// MayRequire refuses to switch the requirement on while no email can be sent and
// somebody would need it: "Email codes cannot be sent yet. Send yourself a test
// first." Whoever could not sign in before does not count.
func (h *Rehearser) MayRequire(ctx context.Context, is, proposed core.Organization) error {
	if is.Policy.RequireTwoFactor || !proposed.Policy.RequireTwoFactor {
		return nil
	}
	c, err := h.around.Circumstances(ctx, h.clock())
	if err != nil || c.MailWorks {
		return err
	}
	r, err := h.Rehearse(ctx, Asking{Is: is, Proposed: proposed})
	if err != nil || r.ForMail == 0 {
		return err
	}
	return core.InField("require_two_factor", core.NewError(core.Invalid, "policy.mail_first").With("people", r.ForMail))
}

// tally is a rehearsal on its way.
type tally struct {
	Rehearsal
	asking  Asking
	around  core.Circumstances
	reasons map[core.Hindrance]int
}

func (t *tally) count(r core.Rehearsed) {
	acc, policy := r.Account, t.asking.Proposed.Policy
	o := core.Rehearse(r, t.asking.Is, t.asking.Proposed, t.around, t.At)
	switch o.Prospect {
	case core.ProspectOutside:
		return
	case core.ProspectInvited:
		t.Invited++
		return
	}
	t.People++
	t.add(&t.SetUp, acc.User.TwoFactor == core.TwoFactorOn || acc.Apps > 0)
	t.add(&t.Unproved, acc.User.Email != "" && acc.User.EmailProvedAt.IsZero())
	t.add(&t.Asked, core.Require(acc, policy, t.Start).Level > core.LevelPassword)
	t.add(&t.Newly, o.Newly)
	if acc.Exempt(t.Start) {
		t.exempt(acc)
	}
	if acc.User.ID == t.asking.You {
		t.You = Yourself{Outlook: o, HasApp: acc.Apps > 0, Proved: !acc.User.EmailProvedAt.IsZero(), AppFrom: policy.AppDueFrom(acc)}
	}
	if o.Prospect == core.ProspectStuck {
		t.stuck(r, o)
	}
}

func (t *tally) add(n *int, yes bool) {
	if yes {
		*n++
	}
}

func (t *tally) stuck(r core.Rehearsed, o core.Outlook) {
	if place := t.Stuck + t.Later; place >= t.asking.Skip && len(t.List) < t.asking.Limit {
		t.List = append(t.List, Stuck{r.Account.User, o})
	}
	t.add(&t.Stuck, !o.From.After(t.Start))
	t.add(&t.Later, o.From.After(t.Start))
	t.add(&t.Already, o.Already && !o.From.After(t.Start))
	t.reasons[o.Hindrances[0]]++
	if slices.Contains(o.Hindrances, core.HindranceMailDown) && !o.Already {
		works := t.around
		works.MailWorks = true
		t.add(&t.ForMail, core.Rehearse(r, t.asking.Is, t.asking.Proposed, works, t.At).Prospect != core.ProspectStuck)
	}
}

// exempt keeps the exemptions that end first.
func (t *tally) exempt(acc core.Account) {
	t.Exempt++
	one := Exempt{acc.User.ID, acc.User.Name(), acc.ExemptUntil()}
	at, _ := slices.BinarySearchFunc(t.Exempted, one, func(a, b Exempt) int {
		if c := a.Until.Compare(b.Until); c != 0 {
			return c
		}
		return cmp.Compare(a.ID, b.ID)
	})
	t.Exempted = slices.Insert(t.Exempted, at, one)
	t.Exempted = t.Exempted[:min(len(t.Exempted), ExemptShown)]
}
