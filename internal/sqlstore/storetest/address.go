package storetest

import (
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func addressTests() map[string]test {
	return map[string]test{
		"columns":                             addressColumns,
		"one proof of a new address":          oneProof,
		"one owner of an address":             oneOwner,
		"one way back":                        oneUndo,
		"a proof ends what was open":          proofEnds,
		"nothing is sent to somebody else's":  nothingToOthers,
		"the address before is held":          heldNames,
		"a way back and what it rested on":    undoUnfounded,
		"a way back ends all that came after": undoChain,
		"notification":                        notificationAddress,
		"a deactivated person":                deactivatedMeanwhile,
		"all before hear of a change":         toldBefore,
		"the first before hear of a change":   toldFirst,
		"of a change of address itself":       toldOfItsOwn,
	}
}

// asking is a change of a person's address, begun in a session, with its code.
func (w *world) asking(u core.User, s core.Session, kind core.AddressKind, to string) core.AddressSend {
	w.t.Helper()
	u = w.account(u).User
	old := u.Email
	if kind == core.AddressNotification {
		old = u.NotificationEmail
	}
	c := core.AddressChange{
		ID: w.id("change"), OrganizationID: u.OrganizationID, UserID: u.ID, Kind: kind, OldAddress: old, OldKey: strings.ToLower(old),
		OldProvedAt: u.EmailProvedAt, NewAddress: to, NewKey: strings.ToLower(to), SessionID: s.ID, KeyID: "k1",
		StartedAt: w.clock(), ExpiresAt: w.clock().Add(core.AddressChangeLife),
	}
	code := w.codeSend(u, c.ID)
	code.Challenge.Address, code.Challenge.Purpose, code.PerHour = to, core.PurposeAddress, 40
	return core.AddressSend{Change: c, Begin: true, Code: code}
}

// proof is the right code of a change.
func (w *world) proof(u core.User, a core.AddressSend) core.AddressProof {
	p := core.AddressProof{
		Change: a.Change, Use: core.FactorUse{Kind: core.KindEmail, ChallengeID: a.Code.Challenge.ID}, Session: w.newSession(u),
		PreviousEmail: a.Change.OldAddress, PreviousEmailUntil: w.clock().Add(core.PreviousEmailLife), KeepSession: a.Change.SessionID,
		Record: core.Record{Events: []core.Event{w.event(u, core.EventEmailChanged)}},
	}
	p.Change.DoneAt, p.Change.UndoUntil = w.clock(), w.clock().Add(core.AddressUndoLife)
	return p
}

// moves changes the address of a person and returns the change and the session
// that goes on.
func (w *world) moves(u core.User, s core.Session, to string) (core.AddressChange, core.Session) {
	w.t.Helper()
	w.pass(time.Minute)
	a := w.asking(u, s, core.AddressSignIn, to)
	w.must(w.store.SendAddressCode(w.ctx, a))
	p := w.proof(u, a)
	w.must(w.store.ProveAddress(w.ctx, p))
	return p.Change, p.Session
}

func (w *world) takeBack(c core.AddressChange) core.AddressUndo {
	return core.AddressUndo{Change: c, At: w.clock(), Record: core.Record{Events: []core.Event{w.event(core.User{ID: c.UserID, OrganizationID: c.OrganizationID}, core.EventEmailRestored)}}}
}

// opens reports who signs in with a name; empty: nobody.
func (w *world) opens(name string) core.ID {
	w.t.Helper()
	v, err := w.store.FindLogin(w.ctx, name, "", "")
	if core.CodeOf(err) == core.ErrNotFound.Code {
		return ""
	}
	w.must(err)
	return v.Account.User.ID
}

func addressColumns(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.asking(u, w.session(u), core.AddressSignIn, "Ada@new.example")
	a.Change.OldProvedAt, a.Change.OldKey = w.clock().Add(-time.Hour), "key"
	w.must(w.store.SendAddressCode(w.ctx, a))
	v, err := w.store.OpenAddressChange(w.ctx, u.OrganizationID, u.ID, a.Change.SessionID, core.AddressSignIn)
	w.must(err)
	same(w, v.Change, a.Change)
	same(w, v.Challenge.ID, a.Code.Challenge.ID)
	_, err = w.store.OpenAddressChange(w.ctx, u.OrganizationID, u.ID, a.Change.SessionID, core.AddressNotification)
	w.refused("of another kind", err, core.ErrNotFound)
	_, err = w.store.OpenAddressChange(w.ctx, u.OrganizationID, u.ID, "elsewhere", core.AddressSignIn)
	w.refused("in another session", err, core.ErrNotFound)
	got, acc, org, err := w.store.AddressChangeByID(w.ctx, a.Change.ID)
	w.must(err)
	same(w, got, a.Change)
	same(w, []core.ID{acc.User.ID, org.ID}, []core.ID{u.ID, u.OrganizationID})
	for _, id := range []core.ID{"", "none", "\x00", "\xff"} {
		_, _, _, err := w.store.AddressChangeByID(w.ctx, id)
		w.refused("no such change", err, core.ErrNotFound)
	}
	jobs, err := w.store.LeaseMail(w.ctx, "me", w.clock(), w.clock().Add(time.Minute), 9)
	w.must(err)
	same(w, []string{jobs[0].Challenge.Address, jobs[0].Event.Origin.Device}, []string{"Ada@new.example", "Firefox on Linux"})
}

func oneProof(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.asking(u, w.session(u), core.AddressSignIn, "ada@new.example")
	w.must(w.store.SendAddressCode(w.ctx, a))
	made := make([]core.AddressProof, callers)
	for i := range made {
		made[i] = w.proof(u, a)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.ProveAddress(w.ctx, made[i]) }, core.ErrUsed, core.ErrStale)
	w.count("proofs", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventEmailChanged), 1)
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), 1)
	same(w, w.account(u).User.Email, "ada@new.example")
}

// oneOwner: of many people who prove one address, of a few who create an account
// with it, one gets it.
func oneOwner(w *world) {
	o := w.organization("One")
	var made []core.AddressProof
	for range callers {
		u := w.person(o, strings.ReplaceAll(string(w.id("p")), "-", ""))
		a := w.asking(u, w.session(u), core.AddressSignIn, "wanted@new.example")
		w.must(w.store.SendAddressCode(w.ctx, a))
		made = append(made, w.proof(u, a))
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.ProveAddress(w.ctx, made[i]) }, core.ErrTaken)
	w.count("owners", won, 1)
	w.count("people", w.rows("person WHERE email_key = 'wanted@new.example'"), 1)
	w.count("names", w.rows("login_key WHERE login = 'wanted@new.example' AND held_until = 0"), 1)
}

func oneUndo(w *world) {
	u := w.person(w.organization("One"), "ada")
	c, _ := w.moves(u, w.session(u), "eve@evil.example")
	won := w.together(callers, func(s *sqlstore.Store, _ int) error { return s.UndoAddress(w.ctx, w.takeBack(c)) }, core.ErrUsed)
	w.count("ways back", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventEmailRestored), 1)
	got := w.account(u).User
	same(w, []any{got.Email, got.EmailProvedAt, got.PreviousEmail, got.PasswordDue}, []any{u.Email, w.clock(), "", core.PasswordDistrusted})
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), 0)
	w.refused("once more", w.store.UndoAddress(w.ctx, w.takeBack(c)), core.ErrUsed)
}

func proofEnds(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	c := w.completion(u, nil, nil)
	c.NewDevice = w.device(u)
	w.must(w.store.CompleteSignIn(w.ctx, c))
	mine, half, panel := w.session(u), w.attempt(u), w.panel(u, c.Session.ID)
	l := w.link(u)
	l.Kind = core.LinkReset
	w.must(w.store.CreateLink(w.ctx, l, core.Record{}))
	first := w.asking(u, mine, core.AddressSignIn, "first@new.example")
	w.must(w.store.SendAddressCode(w.ctx, first))
	w.pass(time.Minute)
	_, next := w.moves(u, mine, "ada@new.example")
	w.refused("the change begun before", w.store.ProveAddress(w.ctx, w.proof(u, first)), core.ErrUsed)
	old, err := w.store.SessionByToken(w.ctx, c.Session.TokenHash)
	w.must(err)
	same(w, old.Session.EndReason, core.EndEmailChanged)
	w.count("devices", w.rows("remembered_device WHERE ended_at = 0"), 0)
	w.count("half-done sign-ins", w.rows("attempt WHERE ended_at = 0 AND id = $1", string(half.ID)), 0)
	w.count("panels", w.rows("enrolment WHERE ended_at = 0 AND id = $1", string(panel.ID)), 0)
	w.count("links", w.rows("link WHERE used_at = 0 AND expires_at > $1", w.clock().UnixMicro()), 0)
	v, err := w.store.SessionByToken(w.ctx, next.TokenHash)
	w.must(err)
	same(w, []any{v.Account.User.Email, v.Account.User.PreviousEmail, v.Account.User.EmailProvedAt, v.Session.EndedAt},
		[]any{"ada@new.example", "ada@example.com", w.clock(), time.Time{}})
}

// nothingToOthers: an address that somebody has, or that is held for its owner
// before, is asked for alike and mailed nothing.
func nothingToOthers(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bo")
	mover := w.person(w.organization("Two"), "cy")
	w.moves(mover, w.session(mover), "cy@new.example")
	s := w.session(u)
	for address, want := range map[string]core.Delivery{
		"free@new.example": core.DeliveryQueued, other.Email: core.DeliveryExpired, "CY@example.com": core.DeliveryExpired, "cy@new.example": core.DeliveryExpired,
	} {
		w.pass(time.Hour)
		a := w.asking(u, s, core.AddressSignIn, address)
		w.must(w.store.SendAddressCode(w.ctx, a))
		w.pass(time.Minute)
		a.Begin, a.Code = false, w.again(u, a.Code)
		w.must(w.store.SendAddressCode(w.ctx, a))
		w.count("mails to "+address, w.rows("outbox WHERE subject_id = $1 AND delivery = $2", string(a.Code.Challenge.ID), string(want)), 2)
		if want == core.DeliveryExpired { // the code was guessed
			w.refused(address, w.store.ProveAddress(w.ctx, w.proof(u, a)), core.ErrTaken)
		}
	}
	same(w, w.account(u).User.Email, u.Email)
}

func heldNames(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bo")
	c, s := w.moves(u, w.session(u), "ada@new.example")
	same(w, []core.ID{w.opens("ada@example.com"), w.opens("ada@new.example")}, []core.ID{"", u.ID})
	created := func() error {
		n := w.newcomers(o)[0]
		n.Email = "ada@example.com"
		return w.store.CreateUser(w.ctx, n, core.LoginKeys{Email: n.Email}, nil, nil, core.Record{})
	}
	w.refused("a new account", created(), core.ErrTaken)
	a := w.asking(other, w.session(other), core.AddressSignIn, "ada@example.com")
	w.must(w.store.SendAddressCode(w.ctx, a))
	w.refused("somebody else", w.store.ProveAddress(w.ctx, w.proof(other, a)), core.ErrTaken)
	w.pass(core.AddressUndoLife)
	w.refused("after its time", w.store.UndoAddress(w.ctx, w.takeBack(c)), core.ErrUsed)
	w.must(created())
	same(w, w.opens("ada@new.example"), u.ID)
	// Spelled otherwise it is the same name, and stays the person's.
	w.moves(u, s, "Ada@new.example")
	same(w, []any{w.opens("ada@new.example"), w.account(u).User.Email}, []any{u.ID, "Ada@new.example"})
	w.pass(100 * 24 * time.Hour)
	_, err := w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	w.count("changes kept", w.rows("address_change WHERE user_id = $1", string(u.ID)), 0)
	same(w, w.opens("ada@new.example"), u.ID)
}

// undoChain: A to B to C; whatever the order of the ways back, the address that
// was there first has the last word.
func undoChain(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	first, s := w.moves(u, w.session(u), "b@new.example")
	w.pass(71 * time.Hour)
	second, _ := w.moves(u, s, "c@new.example")
	w.pass(71 * time.Hour) // the first way back would be over by itself
	w.must(w.store.UndoAddress(w.ctx, w.takeBack(second)))
	same(w, []any{w.account(u).User.Email, w.opens("b@new.example"), w.opens("c@new.example"), w.opens("ada@example.com")},
		[]any{"b@new.example", u.ID, core.ID(""), core.ID("")})
	w.must(w.store.UndoAddress(w.ctx, w.takeBack(first)))
	same(w, []any{w.account(u).User.Email, w.opens("b@new.example"), w.opens("ada@example.com")}, []any{u.Email, core.ID(""), u.ID})
	w.count("names", w.rows("login_key WHERE user_id = $1", string(u.ID)), 1)

	s = w.session(w.account(u).User) // its password version has moved on
	first, s = w.moves(u, s, "b@new.example")
	second, _ = w.moves(u, s, "c@new.example")
	waiting := w.asking(u, s, core.AddressNotification, "n@new.example")
	w.must(w.store.SendAddressCode(w.ctx, waiting))
	w.must(w.store.UndoAddress(w.ctx, w.takeBack(first)))
	w.refused("the later way back", w.store.UndoAddress(w.ctx, w.takeBack(second)), core.ErrUsed)
	same(w, w.account(u).User.Email, u.Email)
	w.count("names", w.rows("login_key WHERE user_id = $1", string(u.ID)), 1)
	w.count("open changes", w.rows("address_change WHERE ended_at = 0"), 0)

	s = w.session(w.account(u).User)
	first, s = w.moves(u, s, "b@new.example")
	back, s := w.moves(u, s, "ada@example.com") // the person returns by herself
	same(w, []any{w.opens("ada@example.com"), w.opens("b@new.example")}, []any{u.ID, core.ID("")})
	w.must(w.store.UndoAddress(w.ctx, w.takeBack(first)))
	w.refused("the way back from there", w.store.UndoAddress(w.ctx, w.takeBack(back)), core.ErrUsed)
	same(w, []any{w.account(u).User.Email, w.opens("ada@example.com")}, []any{u.Email, u.ID})
	w.count("names", w.rows("login_key WHERE user_id = $1", string(u.ID)), 1)
	w.refused("a session of before", w.store.ProveAddress(w.ctx, w.proof(u, w.asking(u, s, core.AddressSignIn, "x@new.example"))), core.ErrUsed)

	s = w.session(w.account(u).User)
	first, s = w.moves(u, s, "b@new.example")
	back, _ = w.moves(u, s, "ada@example.com")
	w.must(w.store.UndoAddress(w.ctx, w.takeBack(back))) // whoever has b takes that back
	same(w, []any{w.account(u).User.Email, w.opens("b@new.example"), w.opens("ada@example.com")}, []any{"b@new.example", u.ID, core.ID("")})
	w.must(w.store.UndoAddress(w.ctx, w.takeBack(first)))
	same(w, []any{w.account(u).User.Email, w.opens("ada@example.com"), w.opens("b@new.example")}, []any{u.Email, u.ID, core.ID("")})
}

// undoUnfounded: factors that rest on the new mailbox alone go with it where the
// old one was never proved; an app of before keeps all (law 3).
func undoUnfounded(w *world) {
	o := w.organization("One")
	for name, tt := range map[string]struct {
		app, proved bool
		left        int
	}{"ada": {false, false, 0}, "ben": {true, false, 4}, "cy": {false, true, 3}} {
		u := w.person(o, name)
		s := w.session(u)
		if tt.app {
			u, _, s = w.enrol(u, 1)
		}
		w.pass(time.Minute)
		a := w.asking(u, s, core.AddressSignIn, name+"@new.example")
		if tt.proved {
			a.Change.OldProvedAt = w.clock().Add(-time.Hour)
		}
		w.must(w.store.SendAddressCode(w.ctx, a))
		p := w.proof(u, a)
		w.must(w.store.ProveAddress(w.ctx, p))
		w.pass(time.Minute)
		w.enrol(w.account(u).User, 2)
		w.must(w.store.UndoAddress(w.ctx, w.takeBack(p.Change)))
		w.count("credentials of "+name, w.rows("credential WHERE user_id = $1", string(u.ID)), tt.left)
	}
}

func notificationAddress(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bo")
	s := w.session(u)
	set := func(to string) error {
		w.pass(time.Minute)
		a := w.asking(u, s, core.AddressNotification, to)
		w.must(w.store.SendAddressCode(w.ctx, a))
		w.count("mails to "+to, w.rows("outbox WHERE subject_id = $1 AND delivery = 'queued'", string(a.Code.Challenge.ID)), 1)
		return w.store.ProveAddress(w.ctx, w.proof(u, a))
	}
	w.must(set(other.Email)) // whose it is does not matter: nobody signs in with it
	got := w.account(u).User
	same(w, []any{got.NotificationEmail, got.NotificationProvedAt, got.Email}, []any{other.Email, w.clock(), u.Email})
	w.must(set("n@home.example"))
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), 1)
	removal := func(of string) error {
		return w.store.RemoveNotificationEmail(w.ctx, core.AddressRemoval{OrganizationID: o.ID, UserID: u.ID, Address: of, At: w.clock()})
	}
	w.refused("another one", removal(other.Email), core.ErrStale)
	w.refused("none", removal(""), core.ErrStale)
	won := w.together(callers, func(*sqlstore.Store, int) error { return removal("n@home.example") }, core.ErrStale)
	w.count("removals", won, 1)
	got = w.account(u).User
	same(w, []any{got.NotificationEmail, got.NotificationProvedAt}, []any{"", time.Time{}})
}

// deactivatedMeanwhile: nobody who may not sign in any more changes an address;
// the one before can still take a change back.
func deactivatedMeanwhile(w *world) {
	u := w.person(w.organization("One"), "ada")
	c, s := w.moves(u, w.session(u), "b@new.example")
	a := w.asking(u, s, core.AddressSignIn, "c@new.example")
	a.Code.At = w.pass(time.Minute)
	w.must(w.store.SendAddressCode(w.ctx, a))
	_, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET status = 'inactive'")
	w.must(err)
	w.refused("the proof", w.store.ProveAddress(w.ctx, w.proof(u, a)), core.ErrStale)
	same(w, []any{w.account(u).User.Email, w.opens("c@new.example")}, []any{"b@new.example", core.ID("")})
	w.must(w.store.UndoAddress(w.ctx, w.takeBack(c)))
	same(w, []any{w.account(u).User.Email, w.account(u).User.Status}, []any{u.Email, core.Inactive})
}
