package web

import (
	"strings"

	"github.com/sallyport/sallyport/internal/organization"
	"github.com/sallyport/sallyport/internal/words"
)

// FoundSetting is one answer of "Find a setting".
type FoundSetting struct {
	Name  string // text id
	Where string // text id of the page it is on
	Link  string
}

// findable is everything that "Find a setting" knows: the text that names it on
// its page, the page, and the address with the field. The names it had in older
// products are the text admin.find.CODE, separated by commas.
type findable struct {
	code, name, where, link string
}

func findables() []findable {
	at := func(code, name, path string) findable {
		where := "admin.organization.tab_security"
		if path == generalPath {
			where = "admin.organization.tab_general"
		}
		return findable{code, name, where, path + "#" + code}
	}
	all := []findable{
		{"organization", "admin.organization.title", "admin.setup.title", orgSecurityPath},
		{"setup", "admin.setup.title", "admin.settings.title", systemSetupPath},
		{"groups", "groups.title", "admin.settings.title", groupsPath},
		{"ask_again", "admin.setting.ask_again", "admin.organization.tab_security", askAgainPath},
		{"reset_passwords", "admin.setting.reset_passwords", "admin.organization.tab_security", resetPasswordsPath},
	}
	for _, setting := range organization.SettingsOf(organization.General) {
		all = append(all, at(setting.Name, "admin.setting."+setting.Name, generalPath))
	}
	for _, setting := range organization.SettingsOf(organization.Security) {
		all = append(all, at(setting.Name, "admin.setting."+setting.Name, orgSecurityPath))
	}
	return all
}

// findSettings returns what a query finds by the name on the page or an older
// one, in the language of the page or in English.
func (s *Site) findSettings(own words.Printer, query string, mail bool) []FoundSetting {
	english := s.deps.Words.Printer("en")
	sought := strings.Fields(words.Plain(query))
	var found []FoundSetting
	all := findables()
	if mail {
		all = append(all, findable{"email", "admin.email.title", "admin.settings.title", mailSettingsPath})
	}
	for _, f := range all {
		known := words.Plain(strings.Join([]string{
			own.T(f.name), own.T("admin.find." + f.code), english.T(f.name), english.T("admin.find." + f.code),
		}, ", "))
		match := true
		for _, word := range sought {
			match = match && strings.Contains(known, word)
		}
		if match {
			found = append(found, FoundSetting{Name: f.name, Where: f.where, Link: f.link})
		}
	}
	return found
}
