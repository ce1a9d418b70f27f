package core_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestProfileValidate: what may stand in each line, and that the error names it.
func TestProfileValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*core.Profile)
		wrong  string // the fields in error
	}{
		{"names alone", func(*core.Profile) {}, ""},
		{"all lines", func(p *core.Profile) {
			p.Title, p.Department, p.Manager, p.Phone = "Head of Strategy & Risk", "Łódź – Plant 2", "Zoë O'Neill (York)", "+44 (0)113 496.0000-12 ext 7"
		}, ""},
		{"no names", func(p *core.Profile) { p.FirstName, p.LastName = " ", "" }, "first_name last_name"},
		{"80 characters", func(p *core.Profile) { p.FirstName, p.Title = strings.Repeat("é", 80), strings.Repeat("字", 80) }, ""},
		{"81 characters", func(p *core.Profile) {
			long := strings.Repeat("é", 81)
			p.FirstName, p.LastName, p.Title, p.Department, p.Manager = long, long, long, long, long
		}, "department first_name last_name manager title"},
		{"a megabyte", func(p *core.Profile) { p.Title = strings.Repeat("x", 1<<20) }, "title"},
		{"a header more", func(p *core.Profile) { p.FirstName, p.Title = "Ana\r\nBcc: all@example.com", "x\ny" }, "first_name title"},
		{"NUL", func(p *core.Profile) { p.LastName, p.Department = "D\x00az", "\x00" }, "department last_name"},
		{"not UTF-8", func(p *core.Profile) { p.LastName = "D\xffaz" }, "last_name"},
		{"turned around", func(p *core.Profile) { p.FirstName, p.Title = "ana\u202efdp.exe", "\u2066x" }, "first_name title"},
		{"a line that ends", func(p *core.Profile) { p.Department, p.Manager = "a\u2028b", "a\nb" }, "department manager"},
		{"joined letters stay", func(p *core.Profile) { p.FirstName = "می\u200cخواهم" }, ""},
		{"phone: letters", func(p *core.Profile) { p.Phone = "0113 HELLO" }, "phone"},
		{"phone: no digit", func(p *core.Profile) { p.Phone = "+ ( )" }, "phone"},
		{"phone: two extensions", func(p *core.Profile) { p.Phone = "1 ext 2 ext 3" }, "phone"},
		{"phone: other digits", func(p *core.Profile) { p.Phone = "٠١٢" }, "phone"},
		{"phone: 41", func(p *core.Profile) { p.Phone = strings.Repeat("1", 41) }, "phone"},
		{"phone: capital letters", func(p *core.Profile) { p.Phone = "12 EXT. 3" }, ""},
		{"phone: a line more", func(p *core.Profile) { p.Phone = "12\n3" }, "phone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := core.Profile{FirstName: "Ana", LastName: "Díaz"}
			tt.change(&p)
			var e *core.Error
			var got []string
			if errors.As(p.Validate(), &e) {
				for _, name := range []string{"department", "first_name", "last_name", "manager", "phone", "title", "time_zone"} {
					if e.Fields[name] != nil {
						got = append(got, name)
					}
				}
			}
			if strings.Join(got, " ") != tt.wrong {
				t.Errorf("wrong: %q, want %q", got, tt.wrong)
			}
		})
	}
}

// TestProfileFields: every line is there, and can be set.
func TestProfileFields(t *testing.T) {
	var p core.Profile
	for _, f := range p.Fields() {
		*f.Value = f.Name
	}
	want := core.Profile{FirstName: "first_name", LastName: "last_name", Title: "title", Phone: "phone", Department: "department", Manager: "manager", TimeZone: "time_zone", Language: "language"}
	if p != want {
		t.Errorf("%+v", p)
	}
}
