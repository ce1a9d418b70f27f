package mail

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Postman writes a queued mail and hands it over.
type Postman struct {
	Renderer *Renderer
	Sender   Sender
}

// Send writes the mail of a job to one recipient and hands it over. The error
// is a [core.Error]: kind Invalid is for good, any other may pass; it carries
// the server's status as parameter "status" where there was one.
func (p *Postman) Send(ctx context.Context, job core.MailJob, to string) error {
	m, err := p.Renderer.Render(job, to)
	if err != nil {
		return core.NewError(core.Internal, "mail.render").Because(err)
	}
	return p.Sender.Send(ctx, m)
}
