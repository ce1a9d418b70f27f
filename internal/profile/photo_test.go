package profile_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/profile"
)

// portrait is a picture file of one colour.
func portrait(t *testing.T, shade uint8) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 300, 200))
	for i := range m.Pix {
		m.Pix[i] = shade
	}
	m.SetGray(0, 0, color.Gray{Y: 255 - shade})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPhoto: a picture is made anew, named by its content, seen at once, kept
// out of the audit log, and gone when it is removed.
func TestPhoto(t *testing.T) {
	d := newDesk(t)
	u, colleague := d.person("ana"), d.person("bo")
	d.must(d.SetPhoto(t.Context(), d.view(u), here(), portrait(t, 10)))
	first := d.user(u).Photo
	if len(first) != 32 || strings.Trim(first, "0123456789abcdef") != "" {
		t.Fatalf("named %q", first)
	}
	for name, v := range map[string]core.SessionView{"the person": d.view(u), "a colleague": d.view(colleague)} {
		made, err := d.Photo(t.Context(), v, true, first)
		d.must(err)
		if c, err := jpeg.DecodeConfig(bytes.NewReader(made)); err != nil || c.Width != 200 || c.Height != 200 {
			t.Errorf("%s sees %+v, %v", name, c, err)
		}
	}
	d.must(d.SetPhoto(t.Context(), d.view(u), here(), portrait(t, 10)))
	d.must(d.SetPhoto(t.Context(), d.view(u), here(), portrait(t, 200)))
	if second := d.user(u).Photo; second == first {
		t.Error("another picture has the same name")
	}
	if _, err := d.Photo(t.Context(), d.view(u), true, first); core.KindOf(err) != core.NotFound {
		t.Errorf("the one before: %v, want not found", err)
	}
	events := d.events(u, core.EventPhotoChanged)
	if len(events) != 2 {
		t.Errorf("%d events, want 2", len(events))
	}
	for _, e := range events {
		if len(e.Detail) > 0 || len(fmt.Sprintf("%+v", e)) > 2000 {
			t.Errorf("the audit log holds %+v", e)
		}
	}
	d.must(d.RemovePhoto(t.Context(), d.view(u), here()))
	d.must(d.RemovePhoto(t.Context(), d.view(u), here()))
	if d.user(u).Photo != "" || len(d.events(u, core.EventPhotoRemoved)) != 1 {
		t.Errorf("%q after removing, %d events", d.user(u).Photo, len(d.events(u, core.EventPhotoRemoved)))
	}
}

// TestPhotoIsForTheOrganization: nobody of another one sees it, and who still
// owes a second step sees only their own.
func TestPhotoIsForTheOrganization(t *testing.T) {
	d := newDesk(t)
	u, colleague := d.person("ana"), d.person("bo")
	other := core.Organization{ID: "other", Name: "Other", Policy: core.DefaultPolicy(), CreatedAt: d.now, Version: 1}
	d.must(d.store.CreateOrganization(t.Context(), other, core.Record{}))
	stranger := d.person("eve", func(u *core.User) { u.OrganizationID = other.ID })
	d.must(d.SetPhoto(t.Context(), d.view(u), here(), portrait(t, 10)))
	name := d.user(u).Photo
	for _, tt := range []struct {
		name string
		view core.SessionView
		open bool
		want bool
	}{
		{"the person, half signed in", d.view(u), false, true},
		{"a colleague", d.view(colleague), true, true},
		{"a colleague, half signed in", d.view(colleague), false, false},
		{"a stranger", d.view(stranger), true, false},
	} {
		_, err := d.Photo(t.Context(), tt.view, tt.open, name)
		if got := err == nil; got != tt.want || err != nil && core.KindOf(err) != core.NotFound {
			t.Errorf("%s: %v, want it seen: %v", tt.name, err, tt.want)
		}
	}
	if _, err := d.Photo(t.Context(), d.view(colleague), false, ""); core.KindOf(err) != core.NotFound {
		t.Errorf("no name: %v", err)
	}
}

// TestPhotoRefused says what is wrong beside the field and changes nothing.
func TestPhotoRefused(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	for _, tt := range []struct {
		name string
		file []byte
		code string
	}{
		{"none", nil, "picture.none"},
		{"a page", []byte("<html>"), "picture.kind"},
		{"over 5 MB", make([]byte, profile.MaxPhoto+1), "picture.large"},
	} {
		wants(t, d.SetPhoto(t.Context(), d.view(u), here(), tt.file), "photo", tt.code)
	}
	if d.user(u).Photo != "" || len(d.events(u, core.EventPhotoChanged)) != 0 {
		t.Error("something was stored")
	}
}

// TestManyPhotos: all that come at once are decoded one after the other or told
// to come back; the last one stored is whole.
func TestManyPhotos(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	v := d.view(u)
	files := make([][]byte, 50)
	for i := range files {
		files[i] = portrait(t, uint8(i*5))
	}
	var g sync.WaitGroup
	for _, file := range files {
		g.Go(func() {
			if err := d.SetPhoto(t.Context(), v, here(), file); err != nil && core.CodeOf(err) != "busy" {
				t.Errorf("SetPhoto: %v", err)
			}
		})
	}
	g.Wait()
	if _, err := d.Photo(t.Context(), d.view(u), true, d.user(u).Photo); err != nil {
		t.Errorf("the picture that stayed: %v", err)
	}
}
