package core

import "time"

// The pace at which an announcement joins the mail queue. Codes never wait for
// it: what is announced is sent when nothing else is due.
const (
	AnnounceBatch = 50          // people of one transaction
	AnnounceEvery = time.Second // between two batches
	// AnnounceWaiting is how many mails of announcements may wait in the queue.
	AnnounceWaiting = 200
	// AnnounceLife is how long such a mail is worth sending.
	AnnounceLife = 7 * 24 * time.Hour
)

// Announcement tells everybody of an organization who may sign in, and has an
// address, of an event: that two-factor is required (E13). It is stored with the
// event; the mails are queued behind it, batch by batch, each person once.
type Announcement struct {
	ID             ID
	OrganizationID ID
	Template       Template
	EventID        ID
	After          ID  // the last person whose mail was queued
	Queued         int // mails so far
	NextAt         time.Time
	StartedAt      time.Time
	EndedAt        time.Time
}

// Patient reports whether mails of the template wait for all others.
func (t Template) Patient() bool { return t == MailRequired }
