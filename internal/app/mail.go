package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/help"
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
	help     *help.Service
}

// CancelToken returns that of the link that cancels a reset.
func (t mailTokens) CancelToken(resetID core.ID) (string, error) { return t.help.CancelToken(resetID) }

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

// openRelay makes the relay to the configured mail servers; in development to
// the mailbox, over SMTP like any other.
func (a *App) openRelay() error {
	a.relay = mail.NewRelay(a.Clock, nil)
	urls := a.Config.SMTP.URLs()
	if a.Mailbox != nil {
		urls = []string{"smtp://" + a.Mailbox.Addr()}
	}
	servers, err := smtpServers(a.Config, urls)
	a.relay.Use(servers...)
	return err
}

func smtpServers(c config.Config, urls []string) ([]*mail.SMTP, error) {
	all := make([]*mail.SMTP, len(urls))
	for i, address := range urls {
		server, err := mail.ParseURL(address)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", smtpKey(c, address), err)
		}
		all[i] = &mail.SMTP{Server: server, Hello: c.BaseURL.Hostname(), InsecureLAN: c.SMTP.InsecureLAN}
	}
	return all, nil
}

// smtpKey names the option that an address came from.
func smtpKey(c config.Config, address string) string {
	if address == c.SMTP.URL {
		return "smtp.url"
	}
	return "smtp.second_url"
}

// MailTest is what came of a test mail at one server.
type MailTest struct {
	Server string // host:port
	Err    error  // nil: taken
}

// TestMail sends one test mail through each server and tells each line of the
// conversations.
func TestMail(ctx context.Context, c config.Config, p Parts, to string, begin func(server string), step func(mail.Step)) ([]MailTest, error) {
	servers, err := smtpServers(c, c.SMTP.URLs())
	if err != nil {
		return nil, err
	}
	if len(servers) == 0 {
		return nil, mail.ErrNowhere
	}
	catalogue, err := words.Load()
	if err != nil {
		return nil, err
	}
	render, err := renderer(c, catalogue, nil, nil, p.Clock)
	if err != nil {
		return nil, err
	}
	var results []MailTest
	for _, server := range servers {
		job := core.MailJob{
			Message: core.Message{ID: core.NewID(p.Clock(), p.Random), Template: core.MailTest, CreatedAt: p.Clock()},
			User:    core.User{Email: to}, Organization: core.Organization{Name: c.Name},
		}
		m, err := render.Render(job, to)
		if err != nil {
			return results, err
		}
		begin(server.Server.Address())
		results = append(results, MailTest{server.Server.Address(), server.Trace(ctx, m, step)})
		if ctx.Err() != nil {
			break
		}
	}
	return results, nil
}
