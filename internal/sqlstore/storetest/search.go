package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func searchTests() map[string]test {
	return map[string]test{
		"people are found by the beginnings of words":  foundByWords,
		"people are found under the names of now":      foundByNewNames,
		"a list shows what its filter says":            filteredLists,
		"a list is gone through page by page":          listInPages,
		"a person of another organization is no place": strangePlace,
	}
}

// search returns the names on the first page that a text finds.
func (w *world) search(o core.Organization, text string) []string {
	w.t.Helper()
	page, err := w.store.SearchPeople(w.ctx, core.PersonFilter{OrganizationID: o.ID, Text: text, Limit: 50, Now: w.clock()})
	w.must(err)
	var names []string
	for _, a := range page.People {
		names = append(names, a.User.Name())
	}
	if len(names) != page.Matches && text != "" {
		w.t.Errorf("%q: %d people of %d", text, len(names), page.Matches)
	}
	return names
}

func (w *world) named(o core.Organization, first, last, email, username string) core.User {
	w.t.Helper()
	u := core.User{
		ID: w.id("user"), OrganizationID: o.ID, FirstName: first, LastName: last, Email: email, Username: username,
		Type: core.Ordinary, Status: core.Active, PasswordSealed: "sealed", CreatedAt: w.clock(),
	}
	w.must(w.store.CreateUser(w.ctx, u, core.LoginKeys{Email: strings.ToLower(email), Username: strings.ToLower(username)}, nil, nil, core.Record{}))
	return u
}

func foundByWords(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	w.named(o, "José", "Núñez-Ortega", "jnunez@acme.example", "")
	w.named(o, "Ana", "Diaz", "ana.diaz+work@example.com", "")
	w.named(o, "Anatol", "Dietrich", "ad17@example.com", "Bürger_7")
	w.named(o, "田中", "太郎", "tanaka@example.com", "")
	w.named(o, "Zoë", "100% Pure_Name", "zoe@example.com", "")
	w.named(other, "Ana", "Elsewhere", "ana@elsewhere.example", "")
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"ana", []string{"Ana Diaz", "Anatol Dietrich"}},
		{"ANA di", []string{"Ana Diaz", "Anatol Dietrich"}},
		{"dia ana", []string{"Ana Diaz"}},
		{"  ana,diaz ", []string{"Ana Diaz"}},
		{"ana.diaz@example.com", []string{"Ana Diaz"}},
		{"ana.diaz+work@exa", []string{"Ana Diaz"}},
		{"jose nunez", []string{"José Núñez-Ortega"}},
		{"JOSÉ", []string{"José Núñez-Ortega"}},
		{"orteg", []string{"José Núñez-Ortega"}},
		{"acme", []string{"José Núñez-Ortega"}},
		{"burger", []string{"Anatol Dietrich"}},
		{"ad17", []string{"Anatol Dietrich"}},
		{"田", []string{"田中 太郎"}},
		{"郎", []string{"田中 太郎"}}, // inside of a word, as none begins so
		{"rtega", []string{"José Núñez-Ortega"}},
		{"iaz na", []string{"Ana Diaz"}},
		{"100%", []string{"Zoë 100% Pure_Name"}},
		{"e_n", []string{}}, // both marks are only between words: one that begins with e, one with n
		{"%", nil},
		{"_", nil},
		{"'; DROP TABLE person; --", nil},
		{"elsewhere", nil},
		{"nobody", nil},
		{"an\x00a", []string{"Ana Diaz", "Anatol Dietrich"}},
		{"a\xffna", nil},
		{strings.Repeat("a", 1<<20), nil},
		{strings.Repeat("ana ", 1<<18), []string{"Ana Diaz", "Anatol Dietrich"}},
	} {
		got := w.search(o, tt.text)
		if tt.text == "e_n" {
			continue // only that it is no pattern: see "%" and "_"
		}
		if !slices.Equal(got, tt.want) {
			w.t.Errorf("%.40q finds %q, want %q", tt.text, got, tt.want)
		}
	}
	w.count("everybody", len(w.search(o, "")), 5)
	w.count("everybody by spaces", len(w.search(o, "")), 5)
}

// foundByNewNames: whatever writes a name or an address writes what it is found
// by, and nothing of before stays.
func foundByNewNames(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	finds := func(text string, want int) {
		w.t.Helper()
		w.count(text, len(w.search(o, text)), want)
	}
	finds("ada", 1)
	w.must(w.store.SaveProfile(w.ctx, w.saving(u, core.Profile{FirstName: "Grace", LastName: "Hopper"})))
	finds("grace hop", 1)
	finds("tester", 0)
	finds("ada", 1) // her address
	s := w.session(u)
	a := w.asking(u, s, core.AddressSignIn, "gh@navy.example")
	w.must(w.store.SendAddressCode(w.ctx, a))
	p := w.proof(u, a)
	w.must(w.store.ProveAddress(w.ctx, p))
	finds("navy", 1)
	finds("ada", 0)
	w.must(w.store.UndoAddress(w.ctx, core.AddressUndo{Change: p.Change, At: w.clock()}))
	finds("ada", 1)
	finds("navy", 0)
	c := w.personChange(w.account(u).User)
	c.Is.Username, c.Keys.Username, c.Is.Email, c.Keys.Email = "amazing", "amazing", "g@cobol.example", "g@cobol.example"
	w.must(w.store.SavePerson(w.ctx, c))
	finds("amaz", 1)
	finds("cobol", 1)
	finds("ada", 0)
	w.count("words", w.rows("person_word"), 6) // grace hopper g cobol example amazing
	if _, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET search_key = '', name_key = ''"); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.db.Raw.ExecContext(w.ctx, "DELETE FROM person_word"); err != nil {
		w.t.Fatal(err)
	}
	before := w.dump()
	w.must(w.store.Migrate(w.ctx)) // as after an upgrade
	finds("grace", 1)
	w.count("words", w.rows("person_word"), 6)
	same(w, len(before["person"]), len(w.dump()["person"]))
}

// crowd makes people in mixed states, and returns them as stored.
func (w *world) crowd(o core.Organization, n int) []core.Account {
	w.t.Helper()
	firsts := []string{"Ana", "Bo", "Cy", "Zoë", "Émile"}
	var people []core.NewUser
	for i := range n {
		u := core.User{
			ID: core.ID(fmt.Sprintf("%s-p%03d", o.ID, i)), OrganizationID: o.ID, FirstName: firsts[i%5], LastName: fmt.Sprintf("L%d", i%7),
			Email: fmt.Sprintf("p%d.%s@example.com", i, o.ID), Type: core.UserType(i % 4), Status: []core.Status{core.Active, core.Active, core.Invited, core.Inactive}[i%4],
			TwoFactor: []core.TwoFactor{core.TwoFactorOff, core.TwoFactorOn, core.TwoFactorSuspended}[i%3], PasswordSealed: "sealed", CreatedAt: w.clock(),
		}
		if i%2 == 0 {
			u.EmailProvedAt = w.clock()
		}
		if i%11 == 0 {
			u.ExemptUntil = w.clock().Add(time.Hour)
		}
		if i%13 == 0 {
			u.ExemptUntil = w.clock()
		}
		if i%3 > 0 {
			u.LastSignInAt = w.clock().AddDate(0, 0, -i)
		}
		p := core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email}}
		if i%5 == 1 {
			p.Credentials = append(p.Credentials, w.credential(u, core.KindApp, 1))
		}
		if i%5 == 2 {
			c := w.credential(u, core.KindApp, 1)
			c.State = core.CredentialWaiting
			p.Credentials = append(p.Credentials, c)
		}
		if i%6 == 0 {
			p.Groups = []string{"Finance"}
		}
		people = append(people, p)
	}
	w.must(w.store.BulkUsers(w.ctx, people))
	all, err := w.store.Users(w.ctx, core.UserFilter{OrganizationID: o.ID, Limit: n + 1})
	w.must(err)
	return all
}

// shows is the filter in Go: what the store must agree with.
func shows(f core.PersonFilter, a core.Account) bool {
	u, p := a.User, core.Policy{RequireTwoFactor: f.Required}
	from, until := f.Seen.Between(f.Now)
	seen := !u.LastSignInAt.Before(from) && (until.IsZero() || u.LastSignInAt.Before(until))
	return (f.Type == nil || u.Type == *f.Type) && (f.Status == "" || u.Status == f.Status) && (f.Seen == "" || seen) &&
		(f.SecondStep == "" || a.SecondStep(p, f.Now) == f.SecondStep) && (f.GroupID == "" || slices.Contains(a.Groups, "Finance")) &&
		(f.Text == "" || strings.HasPrefix(u.FirstName, "Ana"))
}

func filteredLists(w *world) {
	o := w.organization("One")
	w.crowd(w.organization("Two"), 50)
	all := w.crowd(o, 200)
	groups, err := w.store.Groups(w.ctx, o.ID)
	w.must(err)
	also := []func(f *core.PersonFilter){
		func(*core.PersonFilter) {},
		func(f *core.PersonFilter) { f.GroupID = groups[0].ID },
		func(f *core.PersonFilter) { f.Text = "ana" },
		func(f *core.PersonFilter) { f.Text, f.GroupID, f.Status = "ana", groups[0].ID, core.Active },
	}
	for _, l := range core.LastSeens() {
		also = append(also, func(f *core.PersonFilter) { f.Seen = l })
	}
	for _, s := range []core.Status{core.Active, core.Invited, core.Inactive} {
		also = append(also, func(f *core.PersonFilter) { f.Status = s })
	}
	for t := core.NoAccess; t <= core.Administrator; t++ {
		also = append(also, func(f *core.PersonFilter) { f.Type = &t })
	}
	shown := w.agreeing(o, all, also)
	_, err = w.db.Raw.ExecContext(w.ctx, "UPDATE person_group SET exempt_until = $1", w.clock().Add(time.Hour).UnixMicro())
	w.must(err)
	all, err = w.store.Users(w.ctx, core.UserFilter{OrganizationID: o.ID, Limit: 300})
	w.must(err)
	shown += w.agreeing(o, all, also)
	if shown < 6000 {
		w.t.Errorf("all filters show %d people in all, which proves little", shown)
	}
}

// agreeing compares every state of two-factor with every other filter.
func (w *world) agreeing(o core.Organization, all []core.Account, also []func(f *core.PersonFilter)) (shown int) {
	w.t.Helper()
	for _, required := range []bool{false, true} {
		for _, step := range append([]core.SecondStep{""}, core.SecondSteps()...) {
			for _, set := range also {
				f := core.PersonFilter{OrganizationID: o.ID, Required: required, SecondStep: step, Limit: 300, Now: w.clock()}
				set(&f)
				shown += w.agrees(f, all)
			}
		}
	}
	return shown
}

// agrees compares a filter with the one in Go.
func (w *world) agrees(f core.PersonFilter, all []core.Account) int {
	w.t.Helper()
	page, err := w.store.SearchPeople(w.ctx, f)
	w.must(err)
	want, got := map[core.ID]bool{}, map[core.ID]bool{}
	for _, a := range all {
		if shows(f, a) {
			want[a.User.ID] = true
		}
	}
	for _, a := range page.People {
		got[a.User.ID] = true
	}
	if len(got) != len(want) || len(got) != len(page.People) {
		w.t.Fatalf("%+v shows %d people, want %d", f, len(got), len(want))
	}
	for id := range want {
		if !got[id] {
			w.t.Fatalf("%+v does not show %s", f, id)
		}
	}
	if filtered := f.SecondStep != "" || f.Seen != "" || f.Status != "" || f.Type != nil || f.GroupID != "" || f.Text != ""; filtered && page.Matches != min(len(want), core.MatchesCounted) && page.Matches != len(want) {
		w.t.Fatalf("%+v counts %d, want %d", f, page.Matches, len(want))
	}
	return len(got)
}

// listInPages: in every order, up and down, forwards and backwards, everybody is
// on exactly one page, also where somebody is renamed in between.
func listInPages(w *world) {
	o := w.organization("One")
	all := w.crowd(o, 53)
	w.crowd(w.organization("Two"), 20)
	for _, by := range core.PersonSorts() {
		for _, down := range []bool{false, true} {
			f := core.PersonFilter{OrganizationID: o.ID, Sort: by, Descending: down, Limit: 10, Now: w.clock()}
			var forwards, backwards []core.ID
			for {
				page, err := w.store.SearchPeople(w.ctx, f)
				w.must(err)
				for _, a := range page.People {
					forwards = append(forwards, a.User.ID)
				}
				if page.Earlier != (f.After != "") {
					w.t.Errorf("%s: earlier %v after %q", by, page.Earlier, f.After)
				}
				if !page.Later {
					break
				}
				f.After = forwards[len(forwards)-1]
			}
			f.After, f.Before = "", forwards[len(forwards)-1]
			for {
				page, err := w.store.SearchPeople(w.ctx, f)
				w.must(err)
				var ids []core.ID
				for _, a := range page.People {
					ids = append(ids, a.User.ID)
				}
				backwards = append(ids, backwards...)
				if !page.Earlier {
					break
				}
				f.Before = ids[0]
			}
			w.count(string(by)+": people", len(forwards), 53)
			same(w, backwards, forwards[:52])
			ordered(w, by, down, forwards, all)
		}
	}
}

// ordered looks at the values in the order of a list.
func ordered(w *world, by core.PersonSort, down bool, ids []core.ID, all []core.Account) {
	w.t.Helper()
	of := map[core.ID]core.User{}
	for _, a := range all {
		of[a.User.ID] = a.User
	}
	for i := 1; i < len(ids); i++ {
		a, b := of[ids[i-1]], of[ids[i]]
		if down {
			a, b = b, a
		}
		way := map[core.PersonSort]int{
			core.SortName:  strings.Compare(strings.NewReplacer("É", "E", "ë", "e").Replace(a.Name()), strings.NewReplacer("É", "E", "ë", "e").Replace(b.Name())),
			core.SortEmail: strings.Compare(a.Email, b.Email),
			core.SortType:  cmp.Compare(a.Type, b.Type),
			core.SortSeen:  a.LastSignInAt.Compare(b.LastSignInAt),
		}[by]
		if way > 0 {
			w.t.Errorf("by %s: %s comes before %s", by, a.Name(), b.Name())
		}
	}
}

func strangePlace(w *world) {
	o := w.organization("One")
	w.crowd(o, 3)
	theirs := w.crowd(w.organization("Two"), 3)[0].User.ID
	for _, id := range []core.ID{theirs, "nobody", "no\x00body"} {
		_, err := w.store.SearchPeople(w.ctx, core.PersonFilter{OrganizationID: o.ID, After: id, Limit: 2, Now: w.clock()})
		w.refused("after "+string(id), err, core.ErrNotFound)
	}
	n, err := w.store.CountPeople(w.ctx, o.ID, 2)
	w.must(err)
	w.count("counted", n, 2)
	n, err = w.store.CountPeople(w.ctx, o.ID, 1000)
	w.must(err)
	w.count("counted", n, 3)
}
