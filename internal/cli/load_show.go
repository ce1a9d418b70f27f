package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loadclient"
)

// loadError is a load that came to an end which is not the one that was wanted.
type loadError struct {
	text, hint string
	code       int
}

func (e loadError) Error() string { return e.text }

// ending is nil for a load of which every row was taken.
func ending(state, detail string, n api.LoadCounts) error {
	taken := n.Added + n.Updated + n.Unchanged
	switch {
	case taken == 0 && n.Rejected > 0:
		return loadError{text: first(detail, "no row could be taken, so nothing was loaded"), code: exitNothing}
	case state != "done":
		return loadError{text: first(detail, "the load ended as "+state), code: exitFailed}
	case n.Rejected > 0:
		return loadError{code: exitRejected}
	}
	return nil
}

// loadCode is the exit code of what a server said.
func loadCode(err error) (code int, hint string, ours bool) {
	var no *loadclient.Refused
	var away *loadclient.Unreachable
	var end loadError
	switch {
	case errors.As(err, &end):
		return end.code, end.hint, true
	case errors.As(err, &away):
		return exitUnavailable, "is its address right, and is it running?", true
	case !errors.As(err, &no):
		return 0, "", false
	case no.Code == "": // nobody of ours
		return exitUnavailable, "is its address right?", true
	case no.Code == core.ErrTwoFactorRequired.Code:
		return exitTwoFactor, "", true
	case no.Code == "key.wrong":
		return exitRefused, "it may have ended or been deleted: Edit Profile, API Keys shows it; the secret comes from --secret-file or SALLYPORT_SECRET_KEY", true
	case no.Status == 401, no.Status == 403:
		return exitRefused, "", true
	case no.Status == 404:
		return exitRefused, "its person must be an administrator", true
	case no.Status == 409, no.Status == 412:
		return exitConflict, "", true
	case no.Status == 429, no.Status >= 500:
		return exitUnavailable, "", true
	}
	if slices.ContainsFunc(no.Fields, func(f httpx.ProblemField) bool { return f.Field == "package" }) {
		return exitNothing, "sallyport load packages shows them", true
	}
	return exitNothing, "", true
}

// unreadable is a file that cannot be read: nothing of it is loaded.
func unreadable(err error) error {
	var e *core.Error
	if errors.As(err, &e) {
		return loadError{text: sentence(err), code: exitNothing}
	}
	return usageError{text: err.Error(), hint: "is its name right, and may you read it?"}
}

// tally are counts in a line.
func tally(n api.LoadCounts) string {
	text := "Added " + thousands(n.Added) + "  Updated " + thousands(n.Updated) + "  Unchanged " + thousands(n.Unchanged)
	if n.Deactivated > 0 {
		text += "  Deactivated " + thousands(n.Deactivated)
	}
	return text + "  Rejected " + thousands(n.Rejected)
}

// said are the problems of a row, with what only whoever reads the file knows of it.
func said(f *loadclient.File, row int, problems []api.LoadProblem) []api.LoadProblem {
	for i := range problems {
		if wrong := f.Wrong(row); wrong != nil && problems[i].Code == "load.unreadable" {
			problems[i].Detail = sentence(wrong)
		}
	}
	return problems
}

// describe says what is wrong with a row, a line for each problem.
func describe(row int, problems []api.LoadProblem) []string {
	var lines []string
	for _, p := range problems {
		line := "  row " + strconv.Itoa(row)
		if p.Column != "" {
			line += "  " + p.Column
		}
		if p.Value != "" {
			line += "  " + strconv.Quote(p.Value)
		}
		lines = append(lines, line+"  "+p.Detail)
	}
	return lines
}

// lines prints a result with what is wrong under it.
func (r *run) lines(text string, problems []string, rows int) error {
	if rows > problemsShown {
		problems = append(problems, "  and "+thousands(rows-problemsShown)+" more rows; --errors-out FILE writes all of them")
	}
	r.endLine()
	for _, line := range append([]string{text}, problems...) {
		if _, err := fmt.Fprintln(r.Out, clean(line)); err != nil {
			return err
		}
	}
	return nil
}

// thousands is a number as people read it.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// barWidth is how many signs a bar has.
const barWidth = 30

// bar shows how far a load is: one line that changes on a terminal, and elsewhere a
// line for every tenth.
func (r *run) bar() loadclient.Watch {
	if r.tree.Quiet {
		return func(string, int, int) {}
	}
	f, isFile := r.Err.(*os.File)
	b := &bar{run: r, terminal: isFile && term.IsTerminal(int(f.Fd()))}
	return b.show
}

type bar struct {
	run      *run
	terminal bool
	stage    string
	from     int
	began    time.Time
	tenth    int
}

func (b *bar) show(stage string, done, total int) {
	if stage != b.stage {
		b.stage, b.began, b.from, b.tenth = stage, time.Now(), done, 0
	}
	if !b.terminal {
		b.line(done, total)
		return
	}
	if total == 0 { // a long file is read for a while before anybody knows how long it is
		fmt.Fprintf(b.run.Err, "\r%-10s %s\033[K", stage, thousands(done))
		b.run.barAt = true
		return
	}
	full := barWidth * min(done, total) / total
	line := fmt.Sprintf("\r%-10s [%s%s] %s/%s", stage, strings.Repeat("#", full), strings.Repeat("-", barWidth-full), thousands(done), thousands(total))
	if done < total {
		line += fmt.Sprintf("  %d%%", 100*done/total)
	}
	if speed := float64(done-b.from) / time.Since(b.began).Seconds(); stage == loadclient.Loading && speed >= 1 && done < total {
		line += fmt.Sprintf("  %s rows/s  %d s left", thousands(int(speed)), int(float64(total-done)/speed))
	}
	end := "\033[K"
	if b.run.barAt = done < total; !b.run.barAt {
		end += "\n"
	}
	fmt.Fprint(b.run.Err, line+end)
}

// line is a line for every tenth.
func (b *bar) line(done, total int) {
	if total == 0 {
		return
	}
	if tenth := 10 * min(done, total) / total; tenth > b.tenth {
		b.tenth = tenth
		fmt.Fprintf(b.run.Err, "%s %s/%s  %d%%\n", b.stage, thousands(done), thousands(total), 10*tenth)
	}
}
