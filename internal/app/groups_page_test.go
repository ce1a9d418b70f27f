package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// team makes a group with its members, as an administrator of theirs would.
func (s *server) team(org core.Organization, by core.User, name string, members ...core.ID) core.Group {
	s.t.Helper()
	v := core.SessionView{Account: core.Account{User: by}, Organization: org}
	g, err := s.Groups.Create(s.t.Context(), v, core.Origin{}, core.GroupFields{Name: name, Description: "about " + name})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, id := range members {
		if err := s.Groups.Join(s.t.Context(), v, core.Origin{}, g.ID, id); err != nil {
			s.t.Fatal(err)
		}
	}
	return g
}

// post sends a form with the token of a page.
func (b *browser) post(p page, path string, fields ...string) page {
	b.t.Helper()
	form := url.Values{"form_token": {p.forms(b.t)[0].values.Get("form_token")}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do("POST", path, form)
}

// TestGroupsAreOnesOwn: on every address of groups another organization's group
// and people answer as such that never were, and nothing of them is shown,
// counted, found or changed.
func TestGroupsAreOnesOwn(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		other, err := s.Organizations.Create(t.Context(), "Elsewhere", operator)
		if err != nil {
			t.Fatal(err)
		}
		b, boss := s.helper(s.Org, "boss@example.com", core.Administrator)
		_, theirBoss := s.helper(other, "their-boss@example.com", core.Administrator)
		_, stranger := s.helper(other, "stranger@example.com", core.Ordinary)
		ours := s.team(s.Org, boss, "Ours")
		theirs := s.team(other, theirBoss, "Theirs", stranger.ID)
		before := s.rowsOf(theirs, stranger)

		const list = "/admin/groups"
		p := b.get(list)
		if p.must(t, 200, "Ours"); strings.Contains(p.Body, "Theirs") {
			t.Error("the list shows another organization's group")
		}
		for _, id := range []core.ID{theirs.ID, core.NewID(s.now(), random)} {
			group := list + "/" + string(id)
			for _, path := range []string{group, group + "?q=stranger", group + "/delete", group + "/exempt"} {
				b.get(path).must(t, http.StatusNotFound)
			}
			for _, path := range []string{group, group + "/members", group + "/members/remove", group + "/delete", group + "/exempt", group + "/exempt/end"} {
				b.post(p, path, "user", string(stranger.ID), "name", "Taken", "was_name", "Theirs", "until", s.now().Format("2006-01-02"), "reason", "x").
					must(t, http.StatusNotFound)
			}
		}
		own := list + "/" + string(ours.ID)
		for _, id := range []core.ID{stranger.ID, core.NewID(s.now(), random)} {
			for _, path := range []string{own + "/members", own + "/members/remove"} {
				b.post(p, path, "user", string(id)).must(t, http.StatusNotFound)
			}
			for _, name := range []string{"after", "before"} {
				if !b.leads(own+"?"+name+"="+string(id), own) {
					t.Errorf("a page %s somebody else's is shown", name)
				}
			}
		}
		b.get(own+"?q=stranger").must(t, 200, "Nobody has that name or address.")
		if now := s.rowsOf(theirs, stranger); now != before {
			t.Errorf("changed:\n%s\n%s", before, now)
		}
		b.post(p, own, "name", "Ours", "was_name", "Ours", "description", strings.Repeat("x", 1<<20)).must(t, http.StatusRequestEntityTooLarge)
		b.post(p, list+"/new", "name", "OURS").must(t, http.StatusUnprocessableEntity, "There is a group with this name already.")
	})
}

// rowsOf is a group with a member as they are stored.
func (s *server) rowsOf(g core.Group, member core.User) string {
	s.t.Helper()
	is, err := s.Store.GroupByID(s.t.Context(), g.OrganizationID, g.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	acc := s.account(member.Email)
	return strings.Join([]string{is.Name, is.Description, strings.Join(acc.Groups, ","), acc.GroupExemptUntil.String()}, "|")
}

// TestMembershipOnAnotherReplica: whom an administrator makes a member at one
// replica finds the group's application at the other within 5 seconds; taken out,
// it is gone as fast; and an application follows the group's new name.
func TestMembershipOnAnotherReplica(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		w := startPair(t)
		b := w.signedIn("uma@example.com")
		uma := string(w.one.idOf("uma@example.com"))
		admin := w.one.browser()
		admin.signIn("admin@example.com", password).must(t, 200, "Home")
		form := admin.get("/admin/groups/new")
		p := admin.submit(form, "/admin/groups/new", map[string]string{"name": "Keepers"}).must(t, 200, "Group Keepers")
		group := strings.SplitN(p.At, "?", 2)[0]
		if _, err := w.one.Organizations.AddApplication(t.Context(), core.Application{
			OrganizationID: w.one.Org.ID, Name: "Ledger", URL: "https://ledger.example.com", Groups: []string{"keepers"}, Level: core.LevelPassword,
		}, operator); err != nil {
			t.Fatal(err)
		}
		opens := func(want bool) func() bool { return func() bool { return b.shows("/home", "Ledger") == want } }
		if !opens(false)() {
			t.Fatal("it is open before")
		}
		admin.submit(admin.get(group+"?q=ana"), group+"/members", map[string]string{"user": uma}).must(t, 200, "The person is a member now.", "Member")
		w.within5(opens(true))
		admin.submit(admin.get(group), group, map[string]string{"name": "Gatekeepers"}).must(t, 200, "Group Gatekeepers", "Ledger")
		w.settled(w.one.Org)
		w.within5(opens(true))
		admin.get(group+"/delete").must(t, 200, "Delete the group Gatekeepers?", "It cannot be deleted while that is so")
		admin.submit(admin.get(group), group+"/members/remove", map[string]string{"user": uma}).must(t, 200, "Nobody is in this group yet.")
		w.within5(opens(false))
	})
}
