package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/organization"
)

// cookieTyped holds what was typed into a form that arrived after its session
// was over or before "Confirm it's you", until the same person has signed in or
// confirmed (ux §1.7, §1.10). It is sealed for that person.
const cookieTyped = "sp_typed"

// typedKept is how long it waits.
const typedKept = 15 * time.Minute

// keeps names what is kept of a form that arrives when its session is over, or
// before "Confirm it's you" (ux §1.7, §1.10). Every address that asks for a
// confirmation stands here (a test says so), also where nothing is typed.
// Passwords, codes and answers that open or end something are never kept; nor is
// what belongs to a set-up panel, which ends with its session.
func keeps() map[string][]string {
	const security = "POST " + securityPath
	all := map[string][]string{
		"POST " + profilePath:                           profileSent(),
		"POST " + emailPath:                             {"email"},
		"POST " + notificationPath:                      {"email"},
		"POST " + notificationPath + "/remove":          {},
		security:                                        {"two_factor"},
		security + "/apps/{id}/rename":                  {"label"},
		security + "/apps/{id}/remove":                  {},
		security + "/recovery-codes":                    {},
		"POST " + turnOffPath:                           {"how"},
		"POST " + pausePath:                             {"length", "reason"},
		"POST " + appPasswordsPath:                      appPasswordFields(),
		"POST " + appPasswordPath + "/delete":           {},
		"POST " + sessionsPath + "/devices/{id}/rename": {"label"},
		"POST " + mailServersPath + "/{name}":           {"host", "port", "security", "user"},
		"POST " + mailServersPath + "/{name}/remove":    {},
		"POST " + mailSenderPath:                        {"sender", "reply_to"},
		"POST " + generalPath:                           settingsSent(organization.General),
		"POST " + orgSecurityPath:                       append(settingsSent(organization.Security), fieldTell),
		"POST " + whatHappensPath:                       append(settingsSent(organization.Security), fieldTell),
		"POST " + tryPasswordPath:                       settingsSent(organization.Security),
		"POST " + askAgainPath:                          {},
		"POST " + resetPasswordsPath:                    {"when"},
		"POST " + usersPath + "/new":                    personSent(),
		"POST " + userPattern + "/profile":              personSent(),
		"POST " + userPattern + "/deactivate":           {},
		"POST " + userPattern + "/reactivate":           {},
		"POST " + exportPath:                            exportFields(),
		"POST " + bulkReview:                            {"how", "note"},
		"POST " + bulkProgress:                          {},
		"POST " + resetPattern:                          {"how", "note"},
		"POST " + exemptPattern:                         {"until", "reason"},
		"POST " + exemptGroupPattern:                    {"until", "reason"},
		"POST " + auditPath + "/export":                 {},
		"POST " + newGroupPath:                          groupFields(),
		"POST " + groupPattern:                          groupSent(),
		"POST " + membersOf:                             {"q"},
		"POST " + membersOf + "/remove":                 {"q"},
		"POST " + ownKeysPath + "/new":                  newKeyFields(),
		"POST " + ownKeysPath + "/{id}":                 keyFields(),
		"POST " + ownKeysPath + "/{id}/roll":            {"overlap"},
		"POST " + ownKeysPath + "/{id}/delete":          {},
		"POST " + allKeysPath + "/new":                  newKeyFields(),
		"POST " + allKeysPath + "/{id}":                 keyFields(),
		"POST " + allKeysPath + "/{id}/roll":            {"overlap"},
		"POST " + allKeysPath + "/{id}/delete":          {},
		"POST " + allKeysPath + "/{id}/release":         {},
		"POST " + deletePattern:                         {},
	}
	maps.Copy(all, keepsOfLoads())
	return all
}

// keepsOfLoads are those of the Data Loader.
func keepsOfLoads() map[string][]string {
	return map[string][]string{
		"POST " + loadFilePath + "/preview":   {"on_error"}, // the page that comes back is what is confirmed
		"POST " + loadRunPath:                 {},
		"POST " + loadRunPath + "/results":    {},
		"POST " + loadRunPath + "/undo":       {},
		"POST " + loadKeepPath:                {"name"},
		"POST " + packagePath + "/edit":       packageSent(),
		"POST " + packagePath + "/duplicate":  {},
		"POST " + packagePath + "/delete":     {},
		"POST " + loadQueryPath:               {"package", "target", "place", "query"},
		"POST " + newSchedulePath:             scheduleFields(),
		"POST " + schedulePattern:             scheduleFields(),
		"POST " + schedulePattern + "/stop":   {},
		"POST " + schedulePattern + "/resume": {},
		"POST " + schedulePattern + "/delete": {},
		"POST " + schedulePattern + "/run":    {},
	}
}

// kept is what waits in the cookie: the page that shows the form, and its fields.
type kept struct {
	Page   string
	Fields map[string]string
}

// keepTyped keeps the form of a request that leads elsewhere first: to a sign-in,
// or to "Confirm it's you". It must carry the form token of that very session:
// then the person who has, or had, the session typed it. here is the page that
// shows the form.
func (s *Site) keepTyped(w http.ResponseWriter, r *http.Request, v visit, here string) {
	names := s.keeps[r.Pattern]
	if r.Method != http.MethodPost || len(names) == 0 || v.view.Session.ID == "" {
		return
	}
	httpx.BindSession(r, v.view.Session.ID)
	form, err := s.readForm(r, names...)
	if err != nil {
		return
	}
	s.keepForm(w, r, v, here, form)
}

// keepForm keeps a form that was read already.
func (s *Site) keepForm(w http.ResponseWriter, r *http.Request, v visit, here string, form Form) {
	names := s.keeps[r.Pattern]
	page, _, _ := strings.Cut(here, "?")
	k := kept{Page: page, Fields: map[string]string{}}
	for _, name := range names {
		if form.Ticked(name) {
			k.Fields[name] = form.Value(name)
		}
	}
	onlyChanged(k.Fields)
	if len(k.Fields) == 0 {
		return
	}
	if text, err := json.Marshal(k); err == nil {
		s.edge.SetSealed(w, cookieTyped, v.view.Account.User.ID, string(text), s.deps.Clock().Add(typedKept))
	}
}

// onlyChanged leaves out what a form sent as it was shown: only what was changed
// is put over what is stored when it comes back, and a cookie is small. A box
// that was shown ticked and came without its tick was changed.
func onlyChanged(fields map[string]string) {
	for was, before := range fields {
		name, isWas := strings.CutPrefix(was, wasPrefix)
		if !isWas {
			continue
		}
		if fields[name] == before {
			delete(fields, was)
			delete(fields, name)
		} else if _, sent := fields[name]; !sent {
			fields[name] = ""
		}
	}
}

// typed puts what was kept for this page into its form, once, and reports
// whether there was anything.
func (s *Site) typed(w http.ResponseWriter, r *http.Request, form Form) (Form, bool) {
	text, ok := s.edge.Sealed(r, cookieTyped, visitOf(r).view.Account.User.ID)
	if !ok {
		return form, false
	}
	var k kept
	if err := json.Unmarshal([]byte(text), &k); err != nil || k.Page != r.URL.EscapedPath() {
		return form, false
	}
	s.edge.ClearCookie(w, cookieTyped)
	for name, value := range k.Fields {
		form = form.With(name, value)
	}
	return form, true
}

// keptBanner says that a form holds what was typed before.
func keptBanner(kept bool) []Banner {
	if !kept {
		return nil
	}
	return []Banner{{Tone: "notice", Text: "layout.banner.typed"}}
}
