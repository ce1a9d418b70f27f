package app_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

const people3 = `"column_names":["Email","First name","Last name","Title"],"first_row":2`

// TestAPILoads: a program loads people in batches, is told of each row that cannot be
// taken, and goes on where it was when a batch is sent twice.
func TestAPILoads(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
		p := s.program(ana, core.ScopeLoader)
		fields := p.asked("GET", "/load-fields?target=people", "").must(t, 200)
		if f := fields.items()[0]; f["name"] != "email" || f["label"] != "Email" || f["key_field"] != true {
			t.Errorf("the first field is %v", f)
		}
		seen := p.asked("POST", "/load-previews", `{"target":"people","column_names":["Email","First name","Last name"],"rows":[
			{"row":2,"cells":["uma@example.com","Uma","Löwe"]},{"row":3,"cells":["uma@","Uma","Löwe"]}]}`).must(t, 200)
		if !strings.Contains(seen.text, `"action":"add"`) || !strings.Contains(seen.text, `"action":"reject"`) || !strings.Contains(seen.text, `"detail":"`) {
			t.Errorf("the preview is %s", seen.text)
		}
		begun := p.asked("POST", "/loads", `{"name":"staff.csv","target":"people",`+people3+`}`).must(t, 201)
		path := strings.TrimPrefix(begun.Header.Get("Location"), "/api/v1")
		batch := `{"rows":[{"row":2,"cells":["uma@example.com","Uma","Löwe","Clerk"]},{"row":3,"cells":["ben@","Ben","Ray",""]},{"row":4,"cells":["short@example.com"]}]}`
		done := p.asked("POST", path+"/rows", batch).must(t, 200)
		for _, want := range []string{
			`"counts":{"added":1,"updated":0,"unchanged":0,"rejected":2,"deactivated":0}`, `"next_row":5`,
			`{"row":3,"problems":[{"column":"Email","value":"ben@","code":"`, `{"row":4,"problems":[{"code":"table.row.width","detail":"Row 4: 1 column, expected 4."}]}`,
		} {
			if !strings.Contains(done.text, want) {
				t.Errorf("told %s, want %s", done.text, want)
			}
		}
		if again := p.asked("POST", path+"/rows", batch).must(t, 409); again.problem() != "load.next_row" || !strings.Contains(again.text, "row 5") {
			t.Errorf("sent again: %s", again.text)
		}
		p.asked("POST", path+"/rows", `{"rows":[{"row":5,"cells":["uma@example.com","Uma","Löwe","Head"]}]}`).must(t, 200)
		told := p.asked("POST", path+"/rows", `{"rows":[{"row":6,"cells":[],"unreadable":true},{"row":7,"cells":["uma@example.com","Uma","Löwe","Head"],"same_as":2}]}`).must(t, 200)
		if !strings.Contains(told.text, `"code":"load.unreadable"`) || !strings.Contains(told.text, `"code":"load.twice","detail":"This is already used in row 2.`) {
			t.Errorf("what the program saw: %s", told.text)
		}
		first := p.asked("GET", path+"/rejected-rows?limit=1", "").must(t, 200)
		second := p.asked("GET", path+"/rejected-rows?limit=1&cursor="+first.string("next_cursor"), "").must(t, 200)
		if first.items()[0]["row"] != 3.0 || second.items()[0]["row"] != 4.0 || second.string("next_cursor") == "" {
			t.Errorf("rejected: %s then %s", first.text, second.text)
		}
		if ended := p.asked("POST", path+"/finish", "").must(t, 200); ended.string("state") != "done" || ended.string("ended_at") == "" {
			t.Errorf("ended as %s", ended.text)
		}
		var did []any
		for cursor := ""; ; {
			page := p.asked("GET", path+"/results?limit=2"+cursor, "").must(t, 200)
			for _, row := range page.items() {
				did = append(did, row["row"], row["result"])
			}
			if cursor = "&cursor=" + page.string("next_cursor"); cursor == "&cursor=" {
				break
			}
		}
		wantDid := []any{2.0, "added", 3.0, "rejected", 4.0, "rejected", 5.0, "updated", 6.0, "rejected", 7.0, "rejected"}
		if !reflect.DeepEqual(did, wantDid) {
			t.Errorf("results are %v", did)
		}
		if over := p.asked("POST", path+"/rows", `{"rows":[{"row":6,"cells":["x@example.com","X","Y",""]}]}`).must(t, 409); over.problem() != "load.over" {
			t.Errorf("after its end: %s", over.text)
		}
		list := p.asked("GET", "/loads", "").must(t, 200).items()
		if len(list) != 1 || list[0]["actor"] != ana.Name() || list[0]["state"] != "done" {
			t.Errorf("the list is %v", list)
		}
		for query, want := range map[string]int{
			"outcome=partly&via=key&from=2020-01-01T00:00:00Z": 1, "outcome=succeeded": 0, "via=password": 0, "until=2020-01-01T00:00:00Z": 0,
		} {
			if got := p.asked("GET", "/loads?"+query, "").must(t, 200).items(); len(got) != want {
				t.Errorf("%s: %d loads, want %d", query, len(got), want)
			}
		}
		p.asked("GET", "/loads?outcome=else", "").must(t, 422)
		p.asked("GET", "/loads?package=nobody", "").must(t, 422)
	})
}

// TestAPILoadPackages: an order is kept, changed by whoever read its last version,
// and used by its name.
func TestAPILoadPackages(t *testing.T) {
	s := start(t)
	_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
	p := s.program(ana, core.ScopeLoader)
	const order = `"order":{"target":"people","key_field":"email","columns":[{"column":"Email","field":"email","enabled":true},{"column":"Title","field":"title","enabled":true}]}`
	made := p.asked("POST", "/load-packages", `{"name":"Staff list",`+order+`}`).must(t, 201)
	path := strings.TrimPrefix(made.Header.Get("Location"), "/api/v1")
	if twice := p.asked("POST", "/load-packages", `{"name":"staff LIST",`+order+`}`); twice.StatusCode < 400 || !strings.Contains(twice.problem(), "name=load.package_taken") {
		t.Errorf("the name twice: %d %s", twice.StatusCode, twice.text)
	}
	p.asked("PUT", path, `{"name":"Staff",`+order+`}`).must(t, 428)
	p.asked("PUT", path, `{"name":"Staff",`+order+`}`, headed("If-Match", `"7"`)).must(t, 412)
	changed := p.asked("PUT", path, `{"name":"Staff",`+order+`}`, headed("If-Match", made.Header.Get("ETag"))).must(t, 200)
	if got := p.asked("GET", path, "").must(t, 200); got.text != changed.text || got.Header.Get("ETag") == made.Header.Get("ETag") {
		t.Errorf("it is %s, was told %s", got.text, changed.text)
	}
	begun := p.asked("POST", "/loads", `{"name":"titles.csv","package":"staff","column_names":["Title","Email"],"first_row":2}`).must(t, 201)
	if begun.string("package") != "Staff" || begun.string("order", "key_field") != "email" {
		t.Errorf("begun as %s", begun.text)
	}
	spelled := p.asked("POST", "/loads", `{"name":"titles.csv","package":"Staff","column_names":["TITLE","Phone","email"],"first_row":2}`).must(t, 201)
	if !strings.Contains(spelled.text, `{"column":"TITLE","field":"title","enabled":true},{"column":"Phone","enabled":false},{"column":"email","field":"email","enabled":true}`) {
		t.Errorf("a file that spells its columns in another case: %s", spelled.text)
	}
	missing := p.asked("POST", "/loads", `{"name":"titles.csv","package":"staff","column_names":["Email"],"first_row":2}`).must(t, 422)
	if missing.problem() != "form.invalid title=load.column_gone" {
		t.Errorf("without a column: %s", missing.text)
	}
	p.asked("POST", "/loads", `{"name":"titles.csv","package":"Stuff","column_names":["Email"],"first_row":2}`).must(t, 422)
	p.asked("DELETE", path, "").must(t, 204)
	p.asked("GET", path, "").must(t, 404)
}

// TestAPILoadIsTakenUpByALesserKey: a load that was begun by a key which may change
// identities goes no further in the hands of one that may not, and everybody stays.
func TestAPILoadIsTakenUpByALesserKey(t *testing.T) {
	s := start(t)
	_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
	s.person("ida@example.com")
	begun := s.program(ana, core.ScopeLoader, core.ScopeLoaderIdentity).asked("POST", "/loads", `{"name":"a.csv","first_row":2,"column_names":["Username","Email"],"order":{
		"target":"people","key_field":"username","change_identities":true,"deactivate_absent":true,"absent_limit":100,
		"columns":[{"column":"Username","field":"username","enabled":true},{"column":"Email","field":"email","enabled":true}]}}`).must(t, 201)
	path := strings.TrimPrefix(begun.Header.Get("Location"), "/api/v1")
	lesser := s.program(ana, core.ScopeLoader)
	moved := lesser.asked("POST", path+"/rows", `{"rows":[{"row":2,"cells":["ida@example.com","mallory@example.com"]}]}`).must(t, 200)
	if !strings.Contains(moved.text, `"rejected":1`) {
		t.Errorf("the row is taken: %s", moved.text)
	}
	if ended := lesser.asked("POST", path+"/finish", "").must(t, 403); ended.problem() != "load.identity" {
		t.Errorf("the end: %s", ended.text)
	}
	acc, _, err := s.Accounts.Find(t.Context(), "ida@example.com")
	if err != nil || acc.User.Status != core.Active {
		t.Errorf("Ida is %+v, %v", acc.User, err)
	}
}

// TestAPILoadsAreBounded: what a key may not load, and what is too much.
func TestAPILoadsAreBounded(t *testing.T) {
	s := start(t)
	_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
	_, uma := s.helper(s.Org, "uma@example.com", core.HelpDesk)
	const begin, identity = `{"name":"a.csv","target":"people",` + people3 + `}`, `{"name":"a.csv",` + people3 + `,"order":{"target":"people","key_field":"email","change_identities":true,"columns":[{"column":"Email","field":"email","enabled":true}]}}`
	p := s.program(ana, core.ScopeLoader)
	for name, c := range map[string]struct {
		p      program
		body   string
		status int
		code   string
	}{
		"a key that reads":             {s.program(ana, core.ScopeRead, core.ScopeFull), begin, 403, "key.scope"},
		"a key of the help desk":       {s.program(uma, core.ScopeLoader), begin, 404, "not_found"},
		"identities without the right": {p, identity, 403, "load.identity"},
		"identities with it":           {s.program(ana, core.ScopeLoader, core.ScopeLoaderIdentity), identity, 201, ""},
		"no target":                    {p, `{"name":"a.csv",` + people3 + `}`, 422, "form.invalid target=api.field_missing"},
		"an unknown field":             {p, `{"name":"a.csv",` + people3 + `,"order":{"target":"people","columns":[{"column":"Email","field":"password","enabled":true}]}}`, 422, "form.invalid columns=load.field"},
		"65 columns":                   {p, `{"name":"a.csv","target":"people","first_row":2,"column_names":["x"` + strings.Repeat(`,"x"`, 64) + `]}`, 422, "form.invalid column_names=api.field_range"},
	} {
		if got := c.p.asked("POST", "/loads", c.body); got.StatusCode != c.status || got.problem() != c.code {
			t.Errorf("%s: %d %s, want %d %s", name, got.StatusCode, got.text, c.status, c.code)
		}
	}
	path := strings.TrimPrefix(p.asked("POST", "/loads", begin).must(t, 201).Header.Get("Location"), "/api/v1")
	rows := func(n, size int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,{"row":%d,"cells":["","","",%q]}`, i+2, strings.Repeat("x", size))
		}
		return `{"rows":[` + b.String()[1:] + `]}`
	}
	p.asked("POST", path+"/rows", rows(501, 1)).must(t, http.StatusUnprocessableEntity)
	p.asked("POST", path+"/rows", rows(500, 9000)).must(t, http.StatusRequestEntityTooLarge)
	p.asked("POST", path+"/finish", rows(500, 200)).must(t, http.StatusRequestEntityTooLarge)
	if done := p.asked("POST", path+"/rows", rows(500, 8000)).must(t, 200); !strings.Contains(done.text, `"rejected":500`) || strings.Contains(done.text, strings.Repeat("x", 200)) {
		t.Errorf("500 rows of 8,000 bytes: %.300s", done.text)
	}
}

// TestAPIRowsRise: no two rows have one number. The report is read behind a number, so
// what shares one would be lost, and a load could be sent the same rows for ever.
func TestAPIRowsRise(t *testing.T) {
	s := start(t)
	_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
	p := s.program(ana, core.ScopeLoader)
	path := strings.TrimPrefix(p.asked("POST", "/loads", `{"name":"a.csv","target":"people",`+people3+`}`).must(t, 201).Header.Get("Location"), "/api/v1")
	for name, numbers := range map[string][]int{"twice": {2, 2}, "twice in the middle": {2, 3, 3, 4}, "falling": {3, 2}, "before the first": {1}} {
		var rows []string
		for _, n := range numbers {
			rows = append(rows, fmt.Sprintf(`{"row":%d,"cells":[],"unreadable":true}`, n))
		}
		if got := p.asked("POST", path+"/rows", `{"rows":[`+strings.Join(rows, ",")+`]}`); got.StatusCode != 409 || got.problem() != "load.next_row" {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.text)
		}
	}
	p.asked("POST", path+"/rows", `{"rows":[{"row":2,"cells":[],"unreadable":true},{"row":9,"cells":[],"unreadable":true}]}`).must(t, 200)
}
