package web

import (
	"net/http"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/profile"
)

const (
	photoUploadPath = profilePath + "/photo"
	photoPath       = "/photo/" // and the picture's name
)

// Uploads are the paths whose forms bring a file.
func Uploads() []string { return []string{photoUploadPath} }

// LargeUploads are those whose file is large.
func LargeUploads() []string { return []string{loadNewPath} }

// photoAddress is where a picture of this name is served; empty where there is
// none. The name is made of the content, so the address is always fresh.
func photoAddress(name string) string {
	if name == "" {
		return ""
	}
	return photoPath + name
}

// photoSave is POST /account/profile/photo.
func (s *Site) photoSave(w http.ResponseWriter, r *http.Request) error {
	_, file, err := s.edge.ReadUpload(w, r, "photo", profile.MaxPhoto)
	if err == nil {
		err = s.deps.Profiles.SetPhoto(r.Context(), visitOf(r).view, origin(r), file)
	}
	return s.photoDone(w, r, err, "photo-saved")
}

// photoRemove is POST /account/profile/photo/remove.
func (s *Site) photoRemove(w http.ResponseWriter, r *http.Request) error {
	_, err := s.readForm(r)
	if err == nil {
		err = s.deps.Profiles.RemovePhoto(r.Context(), visitOf(r).view, origin(r))
	}
	return s.photoDone(w, r, err, "photo-removed")
}

// photoDone goes back to the tab, or shows it with what is wrong with the file.
// A file cannot be put into a form again; the rest of the tab has a form of its
// own, which asks before it is left.
func (s *Site) photoDone(w http.ResponseWriter, r *http.Request, err error, done string) error {
	if err == nil {
		return see(w, r, profilePath+"?done="+done)
	}
	failed, here := s.profileForm(r).Failed(err, "photo")
	if !here {
		return err
	}
	return s.profileRender(w, r, statusOf(w, err), failed)
}

// photoShow is GET /photo/{name}. The picture is one that we drew; only people
// of the same organization see it, so no cache but the browser's own keeps it.
func (s *Site) photoShow(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	picture, err := s.deps.Profiles.Photo(r.Context(), v.view, v.verdict == core.VerdictOpen, r.PathValue("name"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Length", strconv.Itoa(len(picture)))
	h.Set("Content-Disposition", "inline")
	httpx.CacheableByBrowser(w)
	w.WriteHeader(http.StatusOK)
	_, err = w.Write(picture)
	return err
}
