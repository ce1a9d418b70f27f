package app

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/metrics"
	"github.com/sallyport/sallyport/internal/signin"
)

// measured counts what sign-ins come to.
type measured struct {
	*signin.Service
	to *metrics.Metrics
}

// SubmitPassword implements web.SignIn.
func (m measured) SubmitPassword(ctx context.Context, v signin.Visitor, login, password string) (signin.Result, error) {
	r, err := m.Service.SubmitPassword(ctx, v, login, password)
	m.count("password", r, err)
	return r, err
}

// SubmitCode implements web.SignIn.
func (m measured) SubmitCode(ctx context.Context, v signin.Visitor, kind core.FactorKind, typed string, remember bool) (signin.Result, error) {
	r, err := m.Service.SubmitCode(ctx, v, kind, typed, remember)
	m.count("code", r, err)
	return r, err
}

func (m measured) count(step string, r signin.Result, err error) {
	switch {
	case err == nil && r.Step.StepKind == core.StepDone:
		m.to.SignIn("completed")
	case err == nil:
		m.to.SignIn(step + "_right")
	case core.KindOf(err) == core.RateLimited:
		m.to.SignIn("throttled")
	case core.KindOf(err) == core.Invalid:
		m.to.SignIn(step + "_wrong")
	case core.KindOf(err) == core.Unavailable:
		m.to.SignIn("busy")
	default:
		m.to.SignIn("failed")
	}
}

// mailMeter counts mail.
type mailMeter struct{ to *metrics.Metrics }

// MailSettled implements outbox.Meter.
func (m mailMeter) MailSettled(_ core.Template, d core.Delivery) { m.to.Mail(string(d)) }

// MailFailed implements outbox.Meter.
func (m mailMeter) MailFailed(core.Template, string) { m.to.Mail("retried") }
