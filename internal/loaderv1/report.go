package loaderv1

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/words"
)

// problemRows is how many rows that could not be taken one report tells of.
const problemRows = 500

// Report is what a client is told of a load. Its names are part of the form that
// does not change.
type Report struct {
	Load      string    `json:"load,omitempty"`  // empty: nothing was loaded, it is what would be done
	State     string    `json:"state"`           // running, done, stopped, failed; preview
	Reason    string    `json:"error,omitempty"` // the code of what ended it before its end
	Message   string    `json:"message,omitempty"`
	Rows      int       `json:"rows"`  // settled
	Total     int       `json:"total"` // of the file
	Added     int       `json:"added"`
	Updated   int       `json:"updated"`
	Unchanged int       `json:"unchanged"`
	Rejected  int       `json:"rejected"`
	Problems  []Problem `json:"problems,omitempty"`
	// Next is where to ask for the problems of later rows; empty: there are none.
	Next string `json:"next,omitempty"`
	// FailedRows is where the rows that could not be taken are, as a file.
	FailedRows string `json:"failed_rows,omitempty"`
}

// Problem is what is wrong with a row.
type Problem struct {
	Row     int    `json:"row"`
	Column  string `json:"column,omitempty"`
	Value   string `json:"value,omitempty"`
	Code    string `json:"error"`
	Message string `json:"message"`
}

// statePreview is the state of a load that was not asked for.
const statePreview = "preview"

// report answers with how a load is doing.
func (h *Handler) report(w http.ResponseWriter, r *http.Request, c loader.Caller) error {
	q, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	after, _ := strconv.Atoi(q.Get("after")) // what is no number begins with the first
	run, err := h.own(r, c)
	if err != nil {
		return err
	}
	return h.tell(w, r, c, run, after)
}

// own returns a load that the caller began here. Another one is asked for on its
// page, or with a key: the rows that could not be taken may hold hashes and secrets of
// apps, and a password alone gives back no more than was sent with it.
func (h *Handler) own(r *http.Request, c loader.Caller) (core.LoadRun, error) {
	run, err := h.Loads.Get(r.Context(), c, core.ID(r.PathValue("id")))
	if err == nil && (run.By.ID != c.View.Account.User.ID || run.Origin.Session != "" || run.Origin.Key != "") {
		return core.LoadRun{}, core.ErrNotFound
	}
	return run, err
}

// tell answers with a load and its problems behind a row.
func (h *Handler) tell(w http.ResponseWriter, r *http.Request, c loader.Caller, run core.LoadRun, after int) error {
	here := httpx.LoaderPrefix + "loads/" + string(run.ID)
	text := h.Printer(r)
	out := reportOf(run.Counts)
	out.Load, out.State, out.Reason, out.Total = string(run.ID), string(run.State), run.Reason, run.Total
	if run.Reason != "" {
		out.Message = text.Error(core.NewError(core.Conflict, run.Reason))
	}
	if run.Counts.Rejected > 0 {
		rows, err := h.Loads.Rejects(r.Context(), c, run.ID, after, problemRows+1)
		if err != nil {
			return err
		}
		if len(rows) > problemRows {
			rows = rows[:problemRows]
			out.Next = here + "?after=" + strconv.Itoa(rows[problemRows-1].Row)
		}
		for _, row := range rows {
			out.add(text, row.Row, row.Problems)
		}
		out.FailedRows = here + "/failed-rows"
	}
	status := http.StatusOK
	switch run.State {
	case core.LoadRunning:
		status = http.StatusAccepted
		w.Header().Set("Location", here)
		w.Header().Set("Retry-After", "5")
	case core.LoadStopped, core.LoadFailed:
		status = http.StatusUnprocessableEntity
	}
	return send(w, status, out)
}

// preview answers with what the load of a file would do.
func (h *Handler) preview(w http.ResponseWriter, r *http.Request, c loader.Caller, f core.LoadFile) error {
	_, p, err := h.Files.Preview(r.Context(), c, f.ID, problemRows)
	if err != nil {
		return err
	}
	if err := h.Files.Drop(r.Context(), c, f.ID); err != nil {
		return err
	}
	text, out := h.Printer(r), reportOf(p.Counts)
	out.State, out.Total = statePreview, f.Facts.Rows
	for _, row := range p.Wrong {
		out.add(text, row.Row, row.Problems)
	}
	return send(w, http.StatusOK, out)
}

func reportOf(c core.LoadCounts) Report {
	return Report{Rows: c.Rows(), Added: c.Added, Updated: c.Updated, Unchanged: c.Unchanged, Rejected: c.Rejected}
}

func (p *Report) add(text words.Printer, row int, wrong []core.LoadProblem) {
	for _, is := range wrong {
		p.Problems = append(p.Problems, Problem{row, is.Column, is.Value, is.Code, text.Error(text.LoadProblem(is))})
	}
}

func send(w http.ResponseWriter, status int, what Report) error {
	encoded, err := json.Marshal(what)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header()["Cache-Control"] = []string{"no-store"}
	w.WriteHeader(status)
	_, _ = w.Write(append(encoded, '\n')) // the client is gone: there is nobody to tell
	return nil
}

// failedRows answers with the rows that could not be taken, as a file that can be
// loaded again when it is mended.
func (h *Handler) failedRows(w http.ResponseWriter, r *http.Request, c loader.Caller) error {
	run, err := h.own(r, c)
	if err != nil {
		return err
	}
	text := h.Printer(r)
	say := func(p core.LoadProblem) string { return text.Error(text.LoadProblem(p)) }
	f := &file{site: h.site, w: w}
	err = h.Loads.Failed(r.Context(), c, run.ID, loadfile.FailedRows(f, say))
	if err != nil && f.begun {
		panic(http.ErrAbortHandler) // half a file must not look whole
	}
	return err
}

// file is an answer that is sent in parts.
type file struct {
	site  *httpx.Site
	w     http.ResponseWriter
	begun bool
}

// Write implements io.Writer.
func (f *file) Write(b []byte) (int, error) {
	if !f.begun {
		f.begun = true
		f.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		f.w.Header().Set("Content-Disposition", `attachment; filename="failed-rows.csv"`)
	}
	f.site.MoreTimeToSend(f.w)
	return f.w.Write(b)
}
