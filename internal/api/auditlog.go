package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Event is one row of the audit log.
type Event struct {
	ID        string            `json:"id"`
	At        time.Time         `json:"at"`
	Kind      string            `json:"kind"`
	Result    string            `json:"result" enum:"ok,refused,failed"`
	Actor     Actor             `json:"actor"`
	SubjectID string            `json:"subject_id,omitempty"`
	Target    string            `json:"target,omitempty"`
	Detail    map[string]string `json:"detail,omitempty"`
	Address   string            `json:"address,omitempty"`
	Device    string            `json:"device,omitempty"`
	RequestID string            `json:"request_id,omitempty"`
}

// Actor is who did it.
type Actor struct {
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// EventsAsked is which events are asked for.
type EventsAsked struct {
	Page
	Person string    `query:"person" maxLength:"320"`
	Kind   string    `query:"kind" maxLength:"60"`
	Result string    `query:"result" enum:"ok,refused,failed"`
	From   time.Time `query:"from"`
	Until  time.Time `query:"until"`
	Text   string    `query:"q" maxLength:"200"`
}

// addAudit adds the audit log, which administrators read.
func (a *Resources) addAudit() {
	add(a, operation{"list-events", http.MethodGet, "/audit", "audit", needRead, http.StatusOK}, a.listEvents)
}

func (a *Resources) listEvents(c *call, in *EventsAsked) (*Listed[Event], error) {
	if err := c.administers(); err != nil {
		return nil, err
	}
	organization := c.view.Organization.ID
	f := core.AuditFilter{Result: in.Result, From: in.From, Until: in.Until, Text: in.Text, Limit: in.Limit}
	if in.Kind != "" {
		if f.Kinds = core.KindsNamed(in.Kind); len(f.Kinds) == 0 {
			return nil, core.InField("kind", errChoice)
		}
	}
	if in.Person != "" {
		p, err := a.Audit.Person(c.ctx(), organization, in.Person)
		if errors.Is(err, core.ErrNotFound) {
			return nil, core.InField("person", core.NewError(core.Invalid, "admin.audit.person"))
		}
		if err != nil {
			return nil, err
		}
		f.PersonID = p.ID
	}
	list := digest("audit", string(organization), in.Person, in.Kind, in.Result, in.From.String(), in.Until.String(), in.Text)
	after, err := in.after(list)
	if err != nil {
		return nil, err
	}
	if after != "" {
		if f.After, err = markOf(after); err != nil {
			return nil, err
		}
	}
	found, err := a.Audit.Page(c.ctx(), organization, f)
	if err != nil {
		return nil, err
	}
	all := make([]Event, len(found.Events))
	for i, e := range found.Events {
		all[i] = event(e)
	}
	after = ""
	if !found.Next.At.IsZero() {
		after = strconv.FormatInt(found.Next.At.UnixMicro(), 10) + "." + string(found.Next.ID)
	}
	return listed(c, list, after, all), nil
}

// markOf reads a place in the log.
func markOf(text string) (core.EventMark, error) {
	at, id, _ := strings.Cut(text, ".")
	micros, err := strconv.ParseInt(at, 10, 64)
	if err != nil || micros <= 0 || id == "" {
		return core.EventMark{}, errCursor()
	}
	return core.EventMark{At: time.UnixMicro(micros).UTC(), ID: core.ID(id)}, nil
}

func event(e core.Event) Event {
	o := e.Origin
	return Event{
		ID: string(e.ID), At: e.At.UTC(), Kind: e.Kind, Result: e.Result, Actor: Actor{Kind: e.Actor.Kind, ID: string(e.Actor.ID), Name: e.Actor.Name},
		SubjectID: string(e.SubjectID), Target: e.Target, Detail: e.Detail, Address: o.Address, Device: o.Device, RequestID: o.RequestID,
	}
}
