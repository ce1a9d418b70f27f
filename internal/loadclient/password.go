package loadclient

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loaderv1"
)

// Passworded is what a load by a username and a password asks for.
type Passworded struct {
	Target  string // people, groups or memberships
	Package string
	OnError string
	DryRun  bool
	Name    string // of the file
}

// pollEvery is how often a load that goes on is asked after.
const pollEvery = 2 * time.Second

// LoadByPassword sends a file as Data Loader 1.0 does, and waits for the end of its
// load.
func (c *Client) LoadByPassword(ctx context.Context, path string, p Passworded, watch Watch) (loaderv1.Report, error) {
	q := url.Values{"name": {p.Name}}
	for name, value := range map[string]string{"package": p.Package, "on_error": p.OnError} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if p.DryRun {
		q.Set("dry_run", "true")
	}
	var report loaderv1.Report
	err := c.again(ctx, func(ctx context.Context) error {
		in, err := os.Open(path) // the client closes it
		if err != nil {
			return err
		}
		return c.byPassword(ctx, http.MethodPost, httpx.LoaderPrefix+p.Target+"?"+q.Encode(), in, &report)
	})
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for err == nil && report.State == "running" {
		watch(Loading, report.Rows, report.Total)
		select {
		case <-ctx.Done():
			return report, ctx.Err()
		case <-tick.C:
		}
		err = c.again(ctx, func(ctx context.Context) error {
			return c.byPassword(ctx, http.MethodGet, httpx.LoaderPrefix+"loads/"+url.PathEscape(report.Load), nil, &report)
		})
	}
	if err != nil {
		return report, err
	}
	watch(Loading, report.Rows, report.Total)
	return report, c.moreProblems(ctx, &report)
}

// moreProblems adds the problems that a report had no room for. Where they are must be
// an address of the same server: the password goes there. Each answer must tell of
// later rows than the one before.
func (c *Client) moreProblems(ctx context.Context, report *loaderv1.Report) error {
	for next := report.Next; strings.HasPrefix(next, httpx.LoaderPrefix); {
		var more loaderv1.Report
		err := c.again(ctx, func(ctx context.Context) error {
			return c.byPassword(ctx, http.MethodGet, next, nil, &more)
		})
		if err != nil {
			return err
		}
		if last(more.Problems) <= last(report.Problems) {
			return &Unreachable{errors.New("it tells the same problems again and again")}
		}
		report.Problems = append(report.Problems, more.Problems...)
		next = more.Next
	}
	report.Next = ""
	return nil
}

// last is the row of the last problem; 0: there is none.
func last(all []loaderv1.Problem) int {
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].Row
}

func (c *Client) byPassword(ctx context.Context, method, path string, in *os.File, out *loaderv1.Report) error {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Server, "/")+path, nil)
	if err != nil {
		return err
	}
	if in != nil {
		r.Body = in
		r.Header.Set("Content-Type", "application/octet-stream")
		if is, err := in.Stat(); err == nil {
			r.ContentLength = is.Size()
		}
	}
	r.SetBasicAuth(c.Login, c.Password)
	*out = loaderv1.Report{}
	err = c.send(r, out)
	var no *Refused
	if errors.As(err, &no) && json.Unmarshal(no.body, out) == nil && out.Load != "" {
		return nil // a load that was stopped is an answer
	}
	return err
}
