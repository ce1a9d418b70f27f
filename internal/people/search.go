package people

import (
	"context"
	"math"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The bounds of a list.
const (
	// PageSize is how many people a page shows, and PageMost how many a program
	// may ask for at once.
	PageSize = 50
	PageMost = 200
	// maxText is how much of a search is looked at, in bytes.
	maxText = 200
	// totalExact is up to how many people are counted anew for every page. The
	// number of a larger organization is told as it was in the last minute.
	totalExact = 2000
	totalGood  = time.Minute
)

// List is a page of Manage Users.
type List struct {
	core.People
	Total    int  // how many people the organization has
	Filtered bool // Matches counts
}

// Search returns a page of the organization's people, for administrators and the
// help desk. Where the person that the page follows is gone the error is
// core.ErrNotFound.
func (s *Service) Search(ctx context.Context, v core.SessionView, f core.PersonFilter) (List, error) {
	if !sees(v.Account.User) {
		return List{}, core.ErrNotFound
	}
	now := s.Clock()
	if f.Limit <= 0 || f.Limit > PageMost {
		f.Limit = PageSize
	}
	f.OrganizationID, f.Now, f.Required = v.Account.User.OrganizationID, now, v.Organization.Policy.Requires(now)
	if len(f.Text) > maxText {
		f.Text = f.Text[:maxText]
	}
	found, err := s.Store.SearchPeople(ctx, f)
	if err != nil {
		return List{}, err
	}
	list := List{
		People:   found,
		Filtered: f.Text != "" || f.SecondStep != "" || f.Type != nil || f.Status != "" || f.Waiting || f.Paused || f.Seen != "" || f.GroupID != "",
	}
	list.Total, err = s.total(ctx, f.OrganizationID, now)
	return list, err
}

// total is how many people there are.
func (s *Service) total(ctx context.Context, organizationID core.ID, now time.Time) (int, error) {
	s.mu.Lock()
	last := s.totals[organizationID]
	s.mu.Unlock()
	if age := now.Sub(last.at); last.n > totalExact && age >= 0 && age < totalGood {
		return last.n, nil
	}
	n, err := s.Store.CountPeople(ctx, organizationID, totalExact+1)
	if err != nil || n <= totalExact {
		return n, err
	}
	if n, err = s.Store.CountPeople(ctx, organizationID, math.MaxInt32); err != nil {
		return n, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.totals[organizationID] = total{n, now}
	return n, nil
}

// added makes the next page count anew.
func (s *Service) added(organizationID core.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.totals, organizationID)
}

// Person is one person as administrators and the help desk see them.
type Person struct {
	Account core.Account
	Step    core.SecondStep
	// May says what whoever looks may do.
	May Rights
	// Sessions and Devices are how many browsers are signed in, or remembered.
	Sessions int
	Devices  int
	// Waits are from where no password may be tried for a while.
	Waits []core.PasswordWait
}

// Rights are what one person may do to another.
type Rights struct {
	Help   bool // send links
	Manage bool // change, deactivate, sign out
	Edit   bool // see and save the Profile tab; also one's own
	Grant  bool // change the user type
}

// Get returns a person of the organization.
func (s *Service) Get(ctx context.Context, v core.SessionView, id core.ID) (Person, error) {
	by := v.Account.User
	if !sees(by) {
		return Person{}, core.ErrNotFound
	}
	acc, org, err := s.Store.AccountByID(ctx, by.OrganizationID, id)
	if err != nil {
		return Person{}, err
	}
	now := s.Clock()
	p := Person{Account: acc, Step: acc.SecondStep(org.Policy, now), May: RightsOf(by, acc.User)}
	sessions, err := s.Accounts.OpenSessions(ctx, by.OrganizationID, id)
	if err != nil {
		return p, err
	}
	for _, one := range sessions {
		if one.Lapsed(org.Policy, now) == "" {
			p.Sessions++
		}
	}
	devices, err := s.Accounts.RememberedDevices(ctx, by.OrganizationID, id)
	for _, one := range devices {
		if one.Live(acc.User, org.Policy, now) {
			p.Devices++
		}
	}
	if err != nil {
		return p, err
	}
	p.Waits, err = s.Limits.Waits(ctx, by.OrganizationID, id)
	return p, err
}

// RightsOf returns what one person may do to another.
func RightsOf(by, of core.User) Rights {
	return Rights{
		Help: helping().may(by, of) == nil, Manage: managing().may(by, of) == nil, Edit: by.Manages(of), Grant: by.MayGrant(of, of.Type),
	}
}

// activityPage is how many events a page of somebody's activity shows.
const activityPage = 50

// Activity returns a page of what happened around somebody's account, newest
// first, and whether there is more. Only administrators see it.
func (s *Service) Activity(ctx context.Context, v core.SessionView, id core.ID, f core.EventFilter) (core.Account, []core.Event, bool, error) {
	if !sees(v.Account.User) {
		return core.Account{}, nil, false, core.ErrNotFound
	}
	acc, _, err := s.Store.AccountByID(ctx, v.Account.User.OrganizationID, id)
	if err == nil && !v.Account.User.Manages(acc.User) {
		err = core.ErrNotFound
	}
	if err != nil {
		return core.Account{}, nil, false, err
	}
	f.SubjectID, f.Limit = id, activityPage+1
	events, err := s.Accounts.Events(ctx, acc.User.OrganizationID, f)
	more := len(events) > activityPage
	return acc, events[:min(len(events), activityPage)], more, err
}
