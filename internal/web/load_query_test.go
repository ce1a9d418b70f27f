package web_test

import (
	"net/http"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

// TestLoadQuery: the page as it looks, also where there is no database; what is typed
// is asked, leads on to what the columns are, and is kept where it is wrong.
func TestLoadQuery(t *testing.T) {
	f, loads := newSchedules(), newLoads()
	b, _ := live(t, ana(), func(d *web.Deps) {
		loading(loads)(d)
		d.LoadQueries = f
	})
	goldenLoad(t, "query", b.get("/data-loader/query").body)
	b.get("/data-loader/new").shows(t, http.StatusOK, `href="/data-loader/query"`)
	b.get("/data-loader/query")
	b.post("/data-loader/query", "place", "payroll", "query", "SELECT 1 AS a", "target", "groups", "package", "").leadsTo(t, "/data-loader/files/f1")
	b.get("/data-loader/query")
	b.post("/data-loader/query", "place", "payroll", "query", "SELECT 2 AS a", "target", "else").leadsTo(t, "/data-loader/files/f1")
	if len(f.asked) != 2 || f.asked[0] != "querypayrollSELECT 1 AS agroups" || f.asked[1] != "querypayrollSELECT 2 AS apeople" {
		t.Errorf("asked %q", f.asked)
	}
	b.get("/data-loader/query")
	f.fail = core.NewError(core.Invalid, "source.query").With("message", "no such <table>")
	b.post("/data-loader/query", "place", "payroll", "query", "SELECT <x>").shows(t, http.StatusUnprocessableEntity, `href="#query"`, "no such &lt;table&gt;", "SELECT &lt;x&gt;")
	f.fail = core.InField("place", core.NewError(core.Forbidden, "schedule.place"))
	b.post("/data-loader/query", "place", "else", "query", "SELECT 1").shows(t, http.StatusUnprocessableEntity, `href="#place"`)
	f.offers.Places = nil
	b.get("/data-loader/query").shows(t, http.StatusOK, "Whoever runs the server can name one")
	other, _ := live(t, bea(), loading(loads))
	other.get("/data-loader/query").shows(t, http.StatusNotFound)
}
