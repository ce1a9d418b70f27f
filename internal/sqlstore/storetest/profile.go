package storetest

import (
	"fmt"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func profileTests() map[string]test {
	return map[string]test{
		"one save of a profile as it was read": oneSave,
		"a picture is its owner's":             photos,
	}
}

// profileCalls are the calls about a profile for the test of scope.
func (v *victim) profileCalls() map[string]func() error {
	w, s, org, user, r := v.w, v.w.store, v.u.OrganizationID, v.u.ID, v.stolen
	return map[string]func() error{
		"SetPhoto": func() error {
			return s.SetPhoto(w.ctx, core.PhotoChange{OrganizationID: org, UserID: user, Name: "face", Image: []byte("x"), At: w.clock(), Record: r})
		},
		"Photo": func() error { _, err := s.Photo(w.ctx, org, "portrait"); return err },
		"OpenAddressChange": func() error {
			_, err := s.OpenAddressChange(w.ctx, org, user, v.asking.Change.SessionID, core.AddressSignIn)
			return err
		},
		"SendAddressCode": func() error { return s.SendAddressCode(w.ctx, v.asking) },
		"ProveAddress":    func() error { return s.ProveAddress(w.ctx, w.proof(v.u, v.asking)) },
		"EndAddressChange": func() error {
			w.must(s.EndAddressChange(w.ctx, v.asking.Change)) // that nothing changed is the proof
			return core.ErrNotFound
		},
		"UndoAddress": func() error {
			return s.UndoAddress(w.ctx, core.AddressUndo{Change: v.asking.Change, At: w.clock(), Record: r})
		},
		"RemoveNotificationEmail": func() error {
			return s.RemoveNotificationEmail(w.ctx, core.AddressRemoval{OrganizationID: org, UserID: user, Address: v.u.NotificationEmail, At: w.clock(), Record: r})
		},
		"SaveProfile": func() error {
			return s.SaveProfile(w.ctx, core.ProfileChange{OrganizationID: org, UserID: user, Was: v.u.Profile(), Is: core.Profile{FirstName: "Eve"}, Record: r})
		},
	}
}

// saving is a profile in the place of the one that is stored.
func (w *world) saving(u core.User, is core.Profile) core.ProfileChange {
	return core.ProfileChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, Was: w.account(u).User.Profile(), Is: is,
		Record: core.Record{Events: []core.Event{w.event(u, core.EventProfileChanged)}},
	}
}

func oneSave(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bo")
	made := make([]core.ProfileChange, callers)
	for i := range made {
		made[i] = w.saving(u, core.Profile{
			FirstName: "Ada", LastName: fmt.Sprintf("L%d", i), Title: "T", Phone: "1", Department: "D", Manager: "M", TimeZone: "Europe/London", Language: "es",
		})
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.SaveProfile(w.ctx, made[i]) }, core.ErrStale)
	w.count("saves", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventProfileChanged), 1)
	w.count("cache changes", w.rows("cache_change WHERE subject_id = $1", string(u.ID)), 1)
	got := w.account(u).User.Profile()
	same(w, []string{got.FirstName, got.LastName[:1], got.Title, got.Phone, got.Department, got.Manager, got.TimeZone, got.Language}, []string{"Ada", "L", "T", "1", "D", "M", "Europe/London", "es"})
	same(w, w.account(other).User.Profile(), other.Profile())
}

func photos(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	u := w.person(o, "ada")
	set := func(name, image string) error {
		return w.store.SetPhoto(w.ctx, core.PhotoChange{
			OrganizationID: o.ID, UserID: u.ID, Name: name, Image: []byte(image), At: w.clock(),
			Record: core.Record{Events: []core.Event{w.event(u, core.EventPhotoChanged)}},
		})
	}
	w.refused("removing none", set("", ""), core.ErrStale)
	w.must(set("one", "\xff\xd8\x00first"))
	same(w, w.account(u).User.Photo, "one")
	got, err := w.store.Photo(w.ctx, o.ID, "one")
	w.must(err)
	same(w, string(got), "\xff\xd8\x00first")
	_, err = w.store.Photo(w.ctx, other.ID, "one")
	w.refused("seen from elsewhere", err, core.ErrNotFound)
	_, err = w.store.Photo(w.ctx, o.ID, "o\x00ne")
	w.refused("no name", err, core.ErrNotFound)
	w.must(set("two", "second"))
	w.refused("the same again", set("two", "second"), core.ErrStale)
	_, err = w.store.Photo(w.ctx, o.ID, "one")
	w.refused("the one before", err, core.ErrNotFound)
	w.count("pictures", w.rows("photo"), 1)
	w.must(set("", ""))
	same(w, w.account(u).User.Photo, "")
	w.count("pictures", w.rows("photo"), 0)
	w.count("events", w.rows("event WHERE kind = $1", core.EventPhotoChanged), 3)
}
