package mailroom

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
)

// The bounds of a test: it is shorter than the answer to a request may take, and
// what a server says is not kept without end.
const (
	trialLimit = 20 * time.Second
	stepsMost  = 80
	lineMost   = 300
)

// errTests is the answer to too many tests.
var errTests = core.NewError(core.RateLimited, "mail.tests")

// Test sends a mail through the server of a slot, to the person's own address
// and no other, and keeps each step of the conversation for everybody who may
// see the page. That the server does not take it is not an error.
func (s *Service) Test(ctx context.Context, v core.SessionView, o core.Origin, slot core.MailSlot) (core.MailTrial, error) {
	if err := s.must(ctx, v); err != nil {
		return core.MailTrial{}, err
	}
	// What was saved a moment ago is tested, not what this replica knew before.
	if err := s.Reload(ctx); err != nil {
		return core.MailTrial{}, err
	}
	setup := s.current.Load()
	for _, p := range setup.servers {
		if p.slot == slot {
			return s.test(ctx, v, o, p, setup.renderer)
		}
	}
	return core.MailTrial{}, core.ErrNotFound
}

func (s *Service) test(ctx context.Context, v core.SessionView, o core.Origin, p place, renderer *mail.Renderer) (core.MailTrial, error) {
	u := v.Account.User
	may, err := s.Limits.SendTest(ctx, u.ID)
	if err == nil && !may {
		err = errTests
	}
	if err != nil {
		return core.MailTrial{}, err
	}
	now := s.Clock()
	m, err := renderer.Render(core.MailJob{
		Message: core.Message{ID: core.NewID(now, s.Random), Template: core.MailTest, CreatedAt: now},
		User:    u, Organization: v.Organization,
	}, u.Email)
	if err != nil {
		return core.MailTrial{}, err
	}
	// The test goes on where the browser does not wait for it: its outcome is kept.
	ctx = context.WithoutCancel(ctx)
	limited, cancel := context.WithTimeout(ctx, trialLimit)
	defer cancel()
	var steps []string
	came := p.Try(limited, m, s.Clock, func(step mail.Step) {
		if len(steps) < stepsMost {
			steps = append(steps, string(step.Part)+"\t"+cut(step.Line))
		}
	})
	trial := core.MailTrial{Server: came.Server, At: now, ByID: u.ID, To: u.Email, Steps: strings.Join(steps, "\n")}
	result := "ok"
	if came.Err != nil {
		trial.Reason, result = core.ReasonOf(came.Err), "failed"
	}
	s.book.note(came)
	e := s.event(core.EventMailTested, result, v, o, map[string]string{"slot": string(p.slot), "reason": trial.Reason})
	e.Target = came.Server
	return trial, s.Ledger.SaveMailTrial(ctx, trial, core.Record{Warrant: v.Warrant(core.Administrator, ""), Events: []core.Event{e}})
}

// cut is a line of a server's as it is kept: one line, without controls.
func cut(line string) string {
	line = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(line, "?"))
	if runes := []rune(line); len(runes) > lineMost {
		line = string(runes[:lineMost]) + "…"
	}
	return line
}

// StepsOf returns the steps of a trial.
func StepsOf(t core.MailTrial) []mail.Step {
	var all []mail.Step
	for line := range strings.SplitSeq(t.Steps, "\n") {
		if part, text, ok := strings.Cut(line, "\t"); ok {
			all = append(all, mail.Step{Part: mail.Part(part), Line: text})
		}
	}
	return all
}

// Places returns the servers in use, the first one first.
func (s *Service) Places() []*mail.SMTP {
	var all []*mail.SMTP
	for _, p := range s.current.Load().servers {
		all = append(all, p.SMTP)
	}
	return all
}

// TestAll is the operator's test: a mail through each server, to any address.
func (s *Service) TestAll(ctx context.Context, organization, to string, begin func(server string), step func(mail.Step)) ([]mail.Handover, error) {
	setup := s.current.Load()
	if len(setup.servers) == 0 {
		return nil, mail.ErrNowhere
	}
	var results []mail.Handover
	for _, p := range setup.servers {
		now := s.Clock()
		m, err := setup.renderer.Render(core.MailJob{
			Message: core.Message{ID: core.NewID(now, s.Random), Template: core.MailTest, CreatedAt: now},
			User:    core.User{Email: to}, Organization: core.Organization{Name: organization},
		}, to)
		if err != nil {
			return results, err
		}
		begin(p.Server.Address())
		results = append(results, p.Try(ctx, m, s.Clock, step))
		if ctx.Err() != nil {
			break
		}
	}
	return results, nil
}
