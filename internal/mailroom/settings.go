package mailroom

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/secret"
)

// Overview is what the page Email shows. No password is in it.
type Overview struct {
	Version       int64
	Sender        string // as set in pages or by the configuration; empty: Default
	SenderFixed   bool   // by the configuration: read-only
	ReplyTo       string
	ReplyToFixed  bool
	Default       string
	Mailbox       bool // development: nothing can be set
	State         core.MailState
	Servers       []ServerView // one for each slot
	Refused       []core.MailRefusal
	OnlyLoopClear bool // clear text goes to this machine only
}

// ServerView is one slot.
type ServerView struct {
	Slot        core.MailSlot
	Set         bool
	Fixed       bool // by the configuration: read-only
	Host        string
	Port        int
	Implicit    bool
	User        string
	HasPassword bool
	Health      core.MailHealth
	Trial       core.MailTrial // zero: never tested
}

// Address is host:port.
func (v ServerView) Address() string {
	return mail.Server{Host: v.Host, Port: v.Port}.Address()
}

// refusedShown is how many refused mails the page lists.
const refusedShown = 20

// May reports whether mail is this person's business: an administrator's, while
// there is one organization (README, Decisions).
func (s *Service) May(ctx context.Context, v core.SessionView) (bool, error) {
	if v.Account.User.Type != core.Administrator {
		return false, nil
	}
	return s.Store.OnlyOrganization(ctx, v.Account.User.OrganizationID)
}

func (s *Service) must(ctx context.Context, v core.SessionView) error {
	may, err := s.May(ctx, v)
	if err == nil && !may {
		return core.ErrNotFound
	}
	return err
}

// Overview returns what the page shows; ErrNotFound for whom it is not.
func (s *Service) Overview(ctx context.Context, v core.SessionView) (Overview, error) {
	if err := s.must(ctx, v); err != nil {
		return Overview{}, err
	}
	stored, err := s.Store.MailSettings(ctx)
	if err != nil {
		return Overview{}, err
	}
	trials, err := s.Ledger.MailTrials(ctx)
	if err != nil {
		return Overview{}, err
	}
	c := s.Config
	o := Overview{
		Version: stored.Version, Default: c.Default, Mailbox: c.Mailbox, State: s.State(), OnlyLoopClear: !c.InsecureLAN,
		SenderFixed: c.Sender != "" || c.Mailbox, ReplyToFixed: c.ReplyTo != "" || c.Mailbox,
	}
	o.Sender, o.ReplyTo = s.senders(stored)
	for _, slot := range core.MailSlots() {
		o.Servers = append(o.Servers, s.view(slot, stored, trials))
	}
	o.Refused, err = s.Store.RefusedMail(ctx, v.Account.User.OrganizationID, refusedShown)
	return o, err
}

func (s *Service) view(slot core.MailSlot, stored core.MailSettings, trials []core.MailTrial) ServerView {
	view := ServerView{Slot: slot, Fixed: s.Config.Mailbox}
	if x, fixed := s.Config.Servers[slot]; fixed {
		view = ServerView{Slot: slot, Set: true, Fixed: true, Host: x.Host, Port: x.Port, Implicit: x.Implicit, User: x.User, HasPassword: x.Password != ""}
	} else if x, found := storedIn(stored, slot); found && !s.Config.Mailbox {
		view = ServerView{Slot: slot, Set: true, Host: x.Host, Port: x.Port, Implicit: x.Implicit, User: x.User, HasPassword: x.PasswordSealed != ""}
	}
	if !view.Set {
		return view
	}
	view.Health = s.healthOf(view.Address())
	for _, t := range trials {
		if t.Server == view.Address() {
			view.Trial = t
		}
	}
	return view
}

// ServerForm is what a form says about a server.
type ServerForm struct {
	Host     string
	Port     string
	Security string // "starttls" or "tls"
	User     string
	Password string // empty: the stored one stays, if it is for the same server and user
}

// SaveServer stores the server of a slot. ErrStale where somebody else saved
// since version was read.
func (s *Service) SaveServer(ctx context.Context, v core.SessionView, o core.Origin, slot core.MailSlot, version int64, form ServerForm) error {
	stored, err := s.editable(ctx, v, slot)
	if err != nil {
		return err
	}
	was, had := storedIn(stored, slot)
	server, keep, err := form.read(was, had)
	if err != nil {
		return err
	}
	next := core.MailServer{Slot: slot, Host: server.Host, Port: server.Port, Implicit: server.Implicit, User: server.User}
	if server.Password != "" {
		next.PasswordSealed, _ = s.Ring.Seal(secret.MailPasswordOf(slot), []byte(server.Password))
	}
	detail := serverDetail(was, next)
	if server.Password != "" {
		detail["password_after"] = "changed"
	}
	return s.save(ctx, v, o, core.MailChange{
		Version: version, Sender: stored.Sender, ReplyTo: stored.ReplyTo, Server: &next, KeepPassword: keep,
	}, slot, detail)
}

// read checks what was typed. A password is kept only for the very server it was
// typed for: whoever could send it elsewhere by changing the host could read it.
func (f ServerForm) read(was core.MailServer, had bool) (server mail.Server, keep bool, err error) {
	server = mail.Server{
		Host: strings.ToLower(strings.TrimSuffix(identifier.Line(f.Host), ".")), Implicit: f.Security == "tls",
		User: strings.TrimSpace(f.User), Password: f.Password,
	}
	server.Port, _ = strconv.Atoi(strings.TrimSpace(f.Port)) // 0 is refused below
	problems := &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: map[string]*core.Error{}}
	var found *core.Error
	if errors.As(server.Validate(), &found) {
		problems.Fields = found.Fields
	}
	if f.Security != "tls" && f.Security != "starttls" {
		problems.Fields["security"] = core.NewError(core.Invalid, "mail.server_security")
	}
	same := had && was.PasswordSealed != "" && was.Host == server.Host && was.Port == server.Port && was.Implicit == server.Implicit && was.User == server.User
	switch {
	case problems.Fields["password"] != nil:
	case server.User == "" && server.Password != "":
		problems.Fields["user"] = core.NewError(core.Invalid, "mail.server_user_missing")
	case server.User != "" && server.Password == "" && had && was.PasswordSealed != "" && !same:
		problems.Fields["password"] = core.NewError(core.Invalid, "mail.server_password_again")
	case server.User != "" && server.Password == "" && !same:
		problems.Fields["password"] = core.NewError(core.Invalid, "mail.server_password_missing")
	}
	if len(problems.Fields) > 0 {
		return server, false, problems
	}
	return server, same && server.Password == "", nil
}

// RemoveServer takes the server of a slot away.
func (s *Service) RemoveServer(ctx context.Context, v core.SessionView, o core.Origin, slot core.MailSlot, version int64) error {
	stored, err := s.editable(ctx, v, slot)
	if err != nil {
		return err
	}
	was, had := storedIn(stored, slot)
	if !had {
		return core.ErrStale
	}
	return s.save(ctx, v, o, core.MailChange{Version: version, Sender: stored.Sender, ReplyTo: stored.ReplyTo, Remove: slot}, slot, serverDetail(was, core.MailServer{}))
}

// SaveSender stores the sender and the address for answers; empty means the
// default one.
func (s *Service) SaveSender(ctx context.Context, v core.SessionView, o core.Origin, version int64, sender, replyTo string) error {
	stored, err := s.editable(ctx, v, "")
	if err != nil {
		return err
	}
	next := stored
	fields := map[string]*core.Error{}
	read := func(field, typed string, fixed bool, into *string) {
		if fixed {
			return // the form does not send it
		}
		typed = strings.TrimSpace(typed)
		if typed != "" {
			if typed, _, err = identifier.Email(typed); err != nil {
				fields[field] = core.NewError(core.Invalid, "mail.sender_address")
			}
		}
		*into = typed
	}
	read("sender", sender, s.Config.Sender != "", &next.Sender)
	read("reply_to", replyTo, s.Config.ReplyTo != "", &next.ReplyTo)
	if len(fields) == 0 {
		if _, err := s.Renderer(s.senders(next)); err != nil {
			fields["sender"] = core.NewError(core.Invalid, "mail.sender_address").Because(err)
		}
	}
	if len(fields) > 0 {
		return &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
	}
	detail := map[string]string{}
	differ(detail, "sender", stored.Sender, next.Sender)
	differ(detail, "reply_to", stored.ReplyTo, next.ReplyTo)
	return s.save(ctx, v, o, core.MailChange{Version: version, Sender: next.Sender, ReplyTo: next.ReplyTo}, "", detail)
}

// errFixed is the answer to changing what the configuration says.
var errFixed = core.NewError(core.Conflict, "mail.fixed")

// editable returns what is stored, for whom may change it: the server of a slot,
// or with none the senders.
func (s *Service) editable(ctx context.Context, v core.SessionView, slot core.MailSlot) (core.MailSettings, error) {
	if err := s.must(ctx, v); err != nil {
		return core.MailSettings{}, err
	}
	known := slot == ""
	for _, one := range core.MailSlots() {
		known = known || one == slot
	}
	if !known {
		return core.MailSettings{}, core.ErrNotFound
	}
	if _, fixed := s.Config.Servers[slot]; fixed || s.Config.Mailbox || slot == "" && s.Config.Sender != "" && s.Config.ReplyTo != "" {
		return core.MailSettings{}, errFixed
	}
	return s.Store.MailSettings(ctx)
}

// save stores a change with its event.
func (s *Service) save(ctx context.Context, v core.SessionView, o core.Origin, c core.MailChange, slot core.MailSlot, detail map[string]string) error {
	now := s.Clock()
	c.OrganizationID, c.At = v.Account.User.OrganizationID, now
	if slot != "" {
		detail["slot"] = string(slot)
	}
	c.Record = core.Record{Warrant: v.Warrant(core.Administrator, ""), Events: []core.Event{s.event(core.EventMailChanged, "ok", v, o, detail)}}
	return s.Store.SaveMail(ctx, c)
}

func (s *Service) event(kind, result string, v core.SessionView, o core.Origin, detail map[string]string) core.Event {
	u, now := v.Account.User, s.Clock()
	return core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: u.OrganizationID, At: now, Kind: kind, Result: result,
		Actor: core.Actor{Kind: "person", ID: u.ID, Name: u.Name()}, Detail: detail, Origin: o,
	}
}

// serverDetail is what changed, for the audit log: before and after, never a
// password.
func serverDetail(was, is core.MailServer) map[string]string {
	detail := map[string]string{}
	differ(detail, "host", was.Host, is.Host)
	differ(detail, "port", number(was.Port), number(is.Port))
	differ(detail, "security", security(was), security(is))
	differ(detail, "user", was.User, is.User)
	return detail
}

func differ(detail map[string]string, name, before, after string) {
	if before != after {
		detail[name+"_before"], detail[name+"_after"] = before, after
	}
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func security(x core.MailServer) string {
	switch {
	case x.Host == "":
		return ""
	case x.Implicit:
		return "tls"
	}
	return "starttls"
}
