// Package adoption counts, day by day, how two-factor authentication spreads in
// an organization.
//
// It owns: which figures there are, on which day of the organization's calendar
// something counts, when they are counted anew, and the picture of the last 90
// days.
//
// It does not own: how the picture is drawn (package chart and the pages), or
// what a figure counts (package core says it; the store counts).
package adoption
