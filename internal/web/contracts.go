package web

import (
	"context"
	"io"
	"net/netip"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/signin"
)

// SignIn drives sign-ins and the second step of confirmations (package signin).
type SignIn interface {
	SubmitPassword(ctx context.Context, v signin.Visitor, login, password string) (signin.Result, error)
	Show(ctx context.Context, v signin.Visitor) (signin.State, error)
	Choose(ctx context.Context, v signin.Visitor, kind core.FactorKind, remember bool) (signin.State, error)
	SendAgain(ctx context.Context, v signin.Visitor) (signin.State, error)
	SubmitCode(ctx context.Context, v signin.Visitor, kind core.FactorKind, typed string, remember bool) (signin.Result, error)
	Cancel(ctx context.Context, v signin.Visitor) error
}

// Sessions looks sessions up and ends them (package session).
type Sessions interface {
	// Lookup returns the session of a cookie's value and what it may do now for a
	// request from an address; an error of kind core.Unauthenticated where there
	// is none.
	Lookup(ctx context.Context, token string, from netip.Addr) (core.SessionView, core.Verdict, error)
	// LookupAnew is Lookup with all that is stored by now, on whichever replica.
	LookupAnew(ctx context.Context, token string, from netip.Addr) (core.SessionView, core.Verdict, error)
	// End ends the session, and its remembered device where forgetDevice says so.
	End(ctx context.Context, view core.SessionView, reason core.EndReason, o core.Origin, forgetDevice bool) error
}

// Links are invitations and reset links: one-time links whose owners choose a
// password (package account).
type Links interface {
	// Link returns whose link of these kinds this is and uses nothing up.
	Link(ctx context.Context, token string, kinds ...core.LinkKind) (core.Link, core.Account, core.Organization, error)
	// UseLink stores the password and uses the link up.
	UseLink(ctx context.Context, token, password string, o core.Origin, kinds ...core.LinkKind) error
}

// Resets mails reset links (package account).
type Resets interface {
	// AskReset mails one to whoever signs in with login, and answers alike for
	// everybody else.
	AskReset(ctx context.Context, login string, o core.Origin) error
}

// Offers answers the "Add an authenticator app?" page (package account).
type Offers interface {
	AnswerOffer(ctx context.Context, v core.SessionView, o core.Origin, never bool) error
	// Begin opens the set-up panel of the session.
	Begin(ctx context.Context, v core.SessionView, o core.Origin, goal core.EnrolmentGoal) error
}

// AuditLog is the organization's log, for administrators (package audit).
type AuditLog interface {
	Page(ctx context.Context, organizationID core.ID, f core.AuditFilter) (core.AuditPage, error)
	// Person returns whom a filter names; core.ErrNotFound where nobody of the
	// organization is.
	Person(ctx context.Context, organizationID core.ID, typed string) (core.AuditPerson, error)
	Export(ctx context.Context, by audit.By, what audit.Export, form audit.Format, to io.Writer) (rows int, err error)
	Verify(ctx context.Context, by audit.By, organizationID core.ID, points []audit.Checkpoint) (audit.Report, error)
}

// Readiness says whether there is anybody who could sign in (package
// organization).
type Readiness interface {
	SetUp(ctx context.Context) (bool, error)
}

// Addresses knows the applications behind forward-auth by their addresses
// (package gate).
type Addresses interface {
	// ApplicationAt returns the registered application that an absolute address
	// belongs to; core.ErrNotFound where there is none (RR1).
	ApplicationAt(ctx context.Context, address string) (core.Application, error)
}
