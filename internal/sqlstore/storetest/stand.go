package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Stand-ins of what services work with beside a store, for their tests.

// Links makes links as package account does, without deriving tokens.
type Links struct{}

// MailedLink makes a link that begins at [Begin].
func (Links) MailedLink(u core.User, kind core.LinkKind) (core.Link, error) {
	id := newID()
	return core.Link{
		ID: id, OrganizationID: u.OrganizationID, UserID: u.ID, Kind: kind, TokenHash: "digest-" + string(id), KeyID: "k1",
		Address: u.CodeAddress(Begin), CreatedAt: Begin, ExpiresAt: Begin.Add(kind.Life()),
	}, nil
}

// Post queues one mail for each event, and for each link.
type Post struct{}

// Notices is a mail to the person.
func (Post) Notices(e core.Event, u core.User) []core.Message {
	return []core.Message{message(u.OrganizationID, u.ID, core.Template(e.Kind), e.ID)}
}

// Link is the mail with a link.
func (Post) Link(l core.Link) core.Message {
	return message(l.OrganizationID, l.UserID, core.MailWelcome, l.ID)
}

func message(org, user core.ID, t core.Template, subject core.ID) core.Message {
	return core.Message{
		ID: newID(), OrganizationID: org, UserID: user, Template: t, SubjectID: subject,
		NotBefore: Begin, ExpiresAt: Begin.Add(time.Hour), Delivery: core.DeliveryQueued, CreatedAt: Begin,
	}
}

// Limits let everything through.
type Limits struct{}

// Waits finds nobody waiting.
func (Limits) Waits(context.Context, core.ID, core.ID) ([]core.PasswordWait, error) { return nil, nil }

// Unlock has nothing to do.
func (Limits) Unlock(context.Context, core.ID, []string, core.Record) error { return nil }

// SendLink lets every link through.
func (Limits) SendLink(context.Context, core.ID) (bool, error) { return true, nil }

func newID() core.ID {
	return core.NewID(Begin, func(b []byte) { _, _ = rand.Read(b) }) // it never fails (Go 1.24)
}

// Sealing stands in for the sealing of what loads keep, which package app wires: it
// hides nothing, and opens a part of a file under its own id alone.
type Sealing struct{}

// SealChunk is a part of a file as text.
func (Sealing) SealChunk(id core.ID, b []byte) string {
	return "v1.k1." + string(id) + ":" + hex.EncodeToString(b)
}

// OpenChunk returns a part of a file.
func (Sealing) OpenChunk(id core.ID, sealed string) ([]byte, error) {
	text, ok := strings.CutPrefix(sealed, "v1.k1."+string(id)+":")
	if !ok {
		return nil, core.NewError(core.Internal, "secret.open")
	}
	return hex.DecodeString(text)
}

// Row joins the cells of a row.
func (Sealing) Row(_ core.ID, cells []string) (string, error) {
	return strings.Join(cells, "\x1f"), nil
}

// OpenRow parts them again.
func (Sealing) OpenRow(_ core.ID, sealed string) ([]string, error) {
	return strings.Split(sealed, "\x1f"), nil
}

// Before is what was there before some rows, as JSON.
func (Sealing) Before(_ core.ID, rows []core.LoadBefore) (string, error) {
	text, err := json.Marshal(rows)
	return string(text), err
}

// OpenBefore reads it.
func (Sealing) OpenBefore(_ core.ID, sealed string) (rows []core.LoadBefore, err error) {
	return rows, json.Unmarshal([]byte(sealed), &rows)
}
