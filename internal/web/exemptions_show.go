package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// ExemptionsPage lists who is exempt, until when, why and by whom.
type ExemptionsPage struct {
	Frame
	Rows     []ExemptionRow
	Required bool   // the organization asks for two-factor now, or will
	Later    string // address of the next page; empty: none
	First    string // of the first one; empty: this is it
}

// ExemptionRow is one exemption that holds.
type ExemptionRow struct {
	core.Exemption
	Link string
}

const exemptionsShown = 50

// exemptionsShow is GET /admin/exemptions, with ?until= and ?after= the last one
// of the page before.
func (s *Site) exemptionsShow(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	v := visitOf(r).view
	var after core.Exemption
	if until := query.Trimmed("until"); until != "" {
		micros, err := strconv.ParseInt(until, 10, 64)
		if err != nil {
			return core.NewError(core.Invalid, "request.malformed").Because(err)
		}
		after.Until, after.ID = time.UnixMicro(micros).UTC(), core.ID(query.Trimmed("after"))
	}
	list, err := s.deps.Exempting.List(r.Context(), v, after, exemptionsShown+1)
	if err != nil {
		return err
	}
	page := &ExemptionsPage{
		Frame:    Frame{Title: "helping.exemptions.title", Section: "admin", Trail: crumbs(crumbAdmin(), crumbSettings())},
		Required: v.Organization.Policy.RequireTwoFactor,
	}
	if len(list) > exemptionsShown {
		list = list[:exemptionsShown]
		last := list[len(list)-1]
		page.Later = exemptionsPath + "?" + url.Values{"until": {strconv.FormatInt(last.Until.UnixMicro(), 10)}, "after": {string(last.ID)}}.Encode()
	}
	if after.ID != "" {
		page.First = exemptionsPath
	}
	for _, x := range list {
		link := usersPath + "/" + string(x.UserID) + "/exempt"
		if x.GroupID != "" {
			link = groupsPath + "/" + string(x.GroupID) + "/exempt"
		}
		page.Rows = append(page.Rows, ExemptionRow{x, link})
	}
	return s.Render(w, r, http.StatusOK, page)
}
