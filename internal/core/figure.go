package core

import "time"

// Day is a day of the calendar where an organization is: days since 1 January
// 1970.
type Day int64

// DayOf returns the day of a moment in a zone.
func DayOf(at time.Time, zone *time.Location) Day {
	y, m, d := at.In(zone).Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// Begins returns the first moment of the day in a zone.
func (d Day) Begins(zone *time.Location) time.Time {
	y, m, n := time.Unix(int64(d)*24*60*60, 0).UTC().Date()
	return time.Date(y, m, n, 0, 0, 0, 0, zone)
}

// Text returns the day as in addresses and tables: 2030-01-31.
func (d Day) Text() string { return time.Unix(int64(d)*24*60*60, 0).UTC().Format(time.DateOnly) }

// FigureName is what a figure counts.
type FigureName string

// The figures: people who may sign in, as they are at the end of the day (or
// now), by how their two-factor authentication stands; completed sign-ins by
// what came after the password; second steps that failed; mail.
const (
	FigurePeople FigureName = "people." // and a SecondStep

	FigureSignInPassword FigureName = "signin.password" // nothing
	FigureSignInDevice   FigureName = "signin.device"   // a remembered device
	FigureSignInEmail    FigureName = "signin.email"
	FigureSignInApp      FigureName = "signin.app"
	FigureSignInRecovery FigureName = "signin.recovery"

	FigureCodesWrong  FigureName = "codes.wrong"
	FigureMailSent    FigureName = "mail.sent"
	FigureMailRefused FigureName = "mail.refused"
)

// PeopleFigure is the figure of the people whose second step stands so.
func PeopleFigure(s SecondStep) FigureName { return FigurePeople + FigureName(s) }

// Figure is one number of one day of an organization.
type Figure struct {
	OrganizationID ID
	Day            Day
	Name           FigureName
	N              int
}

// SignInFigure returns the figure that a completed sign-in counts for, by the
// details of its event.
func SignInFigure(detail map[string]string) FigureName {
	switch method := detail[DetailMethod]; {
	case detail[DetailDevice] != "":
		return FigureSignInDevice
	case method == "" || method == "password":
		return FigureSignInPassword
	case method == string(KindEmail):
		return FigureSignInEmail
	case method == string(KindRecovery):
		return FigureSignInRecovery
	}
	return FigureSignInApp
}
