package app

import (
	"context"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/logship"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

var (
	_ audit.Log           = (*sqlstore.Store)(nil)
	_ audit.Seals         = (*sqlstore.Store)(nil)
	_ audit.Keys          = (*sqlstore.Store)(nil)
	_ audit.Tasks         = (*sqlstore.Store)(nil)
	_ audit.Organizations = (*sqlstore.Store)(nil)
	_ audit.People        = (*sqlstore.Store)(nil)
	_ audit.Recorder      = (*sqlstore.Store)(nil)
)

// auditDeps are what the parts of the audit log work with.
func (b *Base) auditDeps() audit.Deps {
	return audit.Deps{
		Log: b.Store, Seals: b.Store, Keys: b.Store, Tasks: b.Store, Organizations: b.Store, Recorder: b.Store, People: b.Store,
		Ring: b.Ring, Clock: b.Clock, Random: b.Random, Logger: b.Logger,
		Owner: string(core.NewID(b.Clock(), b.Random)),
	}
}

// Verifier checks the log as it is in the database.
func (b *Base) Verifier() audit.Verifier { return audit.Verifier{Deps: b.auditDeps()} }

// Sealer seals the log; a server lets it run.
func (b *Base) Sealer() *audit.Sealer { return audit.NewSealer(b.auditDeps()) }

// streams are the targets that the log is sent on to. All servers share one
// position for syslog; each writes a whole file of its own.
func (a *App) streams() ([]*audit.Stream, error) {
	var all []*audit.Stream
	add := func(task core.AuditTask, t audit.Target) {
		all = append(all, &audit.Stream{Deps: a.auditDeps(), Task: task, Target: t})
	}
	if c := a.Config.Audit; c.Syslog != "" {
		s, err := logship.NewSyslog(c.Syslog, a.Config.ReplicaName(), a.Clock)
		if err != nil {
			return nil, err
		}
		add(core.AuditStreaming, syslogTarget{s})
	}
	if c := a.Config.Audit; c.File != "" {
		add(core.AuditStreaming+core.AuditTask(" "+a.Config.ReplicaName()), fileTarget{logship.File{Path: c.File}})
	}
	return all, nil
}

// syslogTarget sends events and checkpoints; a seal is too long for a message.
type syslogTarget struct{ *logship.Syslog }

// Ship implements audit.Target.
func (t syslogTarget) Ship(ctx context.Context, batch []audit.Shipment) error {
	var out []logship.Message
	for _, s := range batch {
		m := logship.Message{At: s.At, Name: "audit." + s.Kind, Text: s.Line}
		switch {
		case s.Event != nil:
			m.Name, m.Warning = s.Event.Kind, s.Event.Result != "ok"
		case s.Kind == "seal":
			continue
		}
		out = append(out, m)
	}
	return t.Send(ctx, out)
}

// fileTarget writes what package audit verifies.
type fileTarget struct{ logship.File }

// Ship implements audit.Target.
func (t fileTarget) Ship(_ context.Context, batch []audit.Shipment) error {
	lines := make([][]byte, len(batch))
	for i, s := range batch {
		lines[i] = s.FileLine()
	}
	return t.Append(lines)
}

// shippingState is what the metrics show of the streams.
func (a *App) shippingState() (behind, failing int) {
	for _, s := range a.shipping {
		behind += s.Behind()
		if s.Failing() {
			failing++
		}
	}
	return behind, failing
}
