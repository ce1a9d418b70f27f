package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/mail"
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
}

// UndoToken returns that of the link that takes a change of address back.
func (t mailTokens) UndoToken(changeID core.ID) (string, error) {
	return t.profiles.UndoToken(changeID)
}

func renderer(c config.Config, catalogue *words.Catalogue, codes mail.Composer, tokens mail.Tokens, clock core.Clock) (*mail.Renderer, error) {
	r, err := mail.NewRenderer(catalogue, codes, tokens, clock, mail.Settings{
		BaseURL: c.BaseURL.String(), From: c.SMTP.From,
		ReplyTo: c.SMTP.ReplyTo, Dev: c.Dev,
	})
	if err != nil {
		return nil, fmt.Errorf("mail settings: %w", err)
	}
	return r, nil
}

// errNoMail is what sending says while no mail server is configured. Mail stays
// queued, and the pages say that email is not working.
var errNoMail = core.NewError(core.Unavailable, "mail.not_configured")

type noMail struct{}

// Send implements mail.Sender.
func (noMail) Send(context.Context, mail.Message) error { return errNoMail }

// sender is the configured mail server; in development the mailbox, over SMTP
// like any other.
func (a *App) sender() (mail.Sender, error) {
	if a.Mailbox != nil {
		return smtp(a.Config, "smtp://"+a.Mailbox.Addr())
	}
	if a.Config.SMTP.URL == "" {
		return noMail{}, nil
	}
	return smtp(a.Config, a.Config.SMTP.URL)
}

func smtp(c config.Config, address string) (*mail.SMTP, error) {
	server, err := mail.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("smtp.url: %w", err)
	}
	return &mail.SMTP{Server: server, Hello: c.BaseURL.Hostname(), InsecureLAN: c.SMTP.InsecureLAN}, nil
}

// TestMail sends one test mail and tells each line of the conversation.
func TestMail(ctx context.Context, c config.Config, p Parts, to string, step func(line string)) error {
	if c.SMTP.URL == "" {
		return errNoMail
	}
	catalogue, err := words.Load()
	if err != nil {
		return err
	}
	render, err := renderer(c, catalogue, nil, nil, p.Clock)
	if err != nil {
		return err
	}
	job := core.MailJob{
		Message: core.Message{ID: core.NewID(p.Clock(), p.Random), Template: core.MailTest, CreatedAt: p.Clock()},
		User:    core.User{Email: to}, Organization: core.Organization{Name: c.Name},
	}
	m, err := render.Render(job, to)
	if err != nil {
		return err
	}
	server, err := smtp(c, c.SMTP.URL)
	if err != nil {
		return err
	}
	return server.Trace(ctx, m, step)
}
