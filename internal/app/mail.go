package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/help"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/mailroom"
	"github.com/sallyport/sallyport/internal/profile"
	"github.com/sallyport/sallyport/internal/words"
)

// composer computes the code of a mail at the moment of sending.
type composer struct{ factors *factor.Registry }

// Compose returns the code of a challenge.
func (c composer) Compose(ch core.Challenge) (string, error) {
	f, ok := c.factors.Get(core.KindEmail)
	if !ok {
		return "", errors.New("no factor mails codes")
	}
	return f.Compose(ch)
}

// mailTokens derives the secret part of links at the moment of sending.
type mailTokens struct {
	*account.Service
	profiles *profile.Service
	help     *help.Service
}

// CancelToken returns that of the link that cancels a reset.
func (t mailTokens) CancelToken(resetID core.ID) (string, error) { return t.help.CancelToken(resetID) }

// UndoToken returns that of the link that takes a change of address back.
func (t mailTokens) UndoToken(changeID core.ID) (string, error) {
	return t.profiles.UndoToken(changeID)
}

// renderers makes what writes mails, for a sender and an address for answers.
func renderers(c config.Config, catalogue *words.Catalogue, codes mail.Composer, tokens mail.Tokens, clock core.Clock) func(sender, replyTo string) (*mail.Renderer, error) {
	return func(sender, replyTo string) (*mail.Renderer, error) {
		return mail.NewRenderer(catalogue, codes, tokens, clock, mail.Settings{
			BaseURL: c.BaseURL.String(), From: sender, ReplyTo: replyTo, Dev: c.Dev,
		})
	}
}

// mailConfigured is what the configuration says about mail. mailbox is the
// address of the development mailbox, reached over SMTP like any server; empty:
// none.
func mailConfigured(c config.Config, mailbox string) (mailroom.Configured, error) {
	m := mailroom.Configured{
		Servers: map[core.MailSlot]mail.Server{}, Sender: c.SMTP.From, ReplyTo: c.SMTP.ReplyTo, Default: "no-reply@" + c.BaseURL.Hostname(),
		Hello: c.BaseURL.Hostname(), InsecureLAN: c.SMTP.InsecureLAN, Mailbox: mailbox != "",
	}
	urls := map[core.MailSlot]string{core.MailFirst: c.SMTP.URL, core.MailSecond: c.SMTP.SecondURL}
	if mailbox != "" {
		urls = map[core.MailSlot]string{core.MailFirst: "smtp://" + mailbox}
	}
	for slot, address := range urls {
		if address == "" {
			continue
		}
		server, err := mail.ParseURL(address)
		if err != nil {
			key := "smtp.url"
			if slot == core.MailSecond {
				key = "smtp.second_url"
			}
			return m, fmt.Errorf("%s: %w", key, err)
		}
		m.Servers[slot] = server
	}
	return m, nil
}

// openMailroom makes the mailroom of a server.
func (a *App) openMailroom(ctx context.Context) error {
	mailbox := ""
	if a.Mailbox != nil {
		mailbox = a.Mailbox.Addr()
	}
	conf, err := mailConfigured(a.Config, mailbox)
	if err != nil {
		return err
	}
	a.Mailroom, err = mailroom.New(ctx, mailroom.Deps{
		Store: a.Store, Ledger: a.Store, Limits: a.Throttle, Ring: a.Ring, Clock: a.Clock, Random: a.Random, Log: a.Logger, Config: conf,
		Renderer: renderers(a.Config, a.Words, composer{a.Factors}, mailTokens{a.Accounts, a.Profiles, a.Help}, a.Clock), Dial: a.dialMail,
	})
	return err
}

// commandMail is the mailroom of a command: with what pages say, where there is
// a database, and else of the configuration alone. The returned function closes
// it.
func commandMail(ctx context.Context, c config.Config, p Parts) (*mailroom.Service, func(), error) {
	catalogue, err := words.Load()
	if err != nil {
		return nil, nil, err
	}
	conf, err := mailConfigured(c, "")
	if err != nil {
		return nil, nil, err
	}
	d := mailroom.Deps{
		Clock: p.Clock, Random: p.Random, Log: p.Logger, Config: conf, Dial: p.DialMail,
		Renderer: renderers(c, catalogue, nil, nil, p.Clock),
	}
	done := func() {}
	if len(conf.Servers) < len(core.MailSlots()) && databaseThere(c) {
		b, err := OpenBase(ctx, c, p)
		if err != nil {
			return nil, nil, err
		}
		d.Store, d.Ledger, d.Ring = b.Store, b.Store, b.Ring
		done = func() { _ = b.Close() } // it was only read
	}
	room, err := mailroom.New(ctx, d)
	if err != nil {
		done()
		return nil, nil, err
	}
	return room, done, nil
}

// databaseThere reports whether this deployment was ever started.
func databaseThere(c config.Config) bool {
	if c.Database != "" {
		return true
	}
	_, err := os.Stat(filepath.Join(c.Data, "sallyport.db"))
	return err == nil
}

// TestMail sends one test mail through each server and tells each line of the
// conversations.
func TestMail(ctx context.Context, c config.Config, p Parts, to string, begin func(server string), step func(mail.Step)) ([]mail.Handover, error) {
	room, done, err := commandMail(ctx, c, p)
	if err != nil {
		return nil, err
	}
	defer done()
	return room.TestAll(ctx, c.Name, to, begin, step)
}
