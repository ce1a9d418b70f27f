package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"image/png"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// assets are the embedded styles, scripts and pictures, ready to serve. Their
// addresses carry a hash of all of them, so a browser may keep them for good
// and a module may import its neighbour by a relative address.
type assets struct {
	hash  string
	files map[string]asset
}

type asset struct {
	kind          string
	body          []byte
	width, height int // of a PNG
}

// HelpPicture is a picture of a screen on a help page.
type HelpPicture struct {
	Address       string
	Width, Height int
}

// styleSheet is the one address of all files in static/css, joined in the
// order of their names.
const styleSheet = "style.css"

// loadAssets reads the embedded files.
func loadAssets() (*assets, error) {
	a := &assets{files: map[string]asset{}}
	sum := sha256.New()
	var style bytes.Buffer
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(body))
		sum.Write(body)
		if path.Dir(name) == "static/css" {
			style.Write(body)
			return nil
		}
		f := asset{kind: kindOf(name), body: body}
		if path.Ext(name) == ".png" { // a page that knows the size does not jump while it loads
			size, err := png.DecodeConfig(bytes.NewReader(body))
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			f.width, f.height = size.Width, size.Height
		}
		a.files[strings.TrimPrefix(name, "static/")] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	a.files[styleSheet] = asset{kind: kindOf(styleSheet), body: style.Bytes()}
	a.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	return a, nil
}

// address returns where a file is served, for example
// /static/3f2a…/style.css. A name that does not exist is a fault in a
// template, found by the golden tests.
func (a *assets) address(name string) (string, error) {
	if _, ok := a.files[name]; !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return "/static/" + a.hash + "/" + name, nil
}

// helpPicture returns a picture of a screen in a language, in English where there
// is none in it.
func (a *assets) helpPicture(language, name string) (HelpPicture, error) {
	file := "help/" + language + "/" + name + ".png"
	if _, ok := a.files[file]; !ok {
		file = "help/en/" + name + ".png"
	}
	address, err := a.address(file)
	return HelpPicture{address, a.files[file].width, a.files[file].height}, err
}

// serve answers GET /static/{hash}/{name...}. An address with another hash is
// of another version and is not answered with this one's file.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("name")]
	if !ok || r.PathValue("hash") != a.hash {
		http.NotFound(w, r)
		return
	}
	a.send(w, f, "public, max-age=31536000, immutable")
}

// favicon answers the fixed address that bookmarks and tabs know.
func (a *assets) favicon(w http.ResponseWriter, _ *http.Request) {
	a.send(w, a.files["favicon.svg"], "public, max-age=86400")
}

func (a *assets) send(w http.ResponseWriter, f asset, caching string) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", caching)
	_, _ = w.Write(f.body) // the browser is gone; there is nobody to tell
}

// kindOf names the content type here, not from the machine's table: a wrong
// one makes browsers refuse a script.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	}
	return "application/octet-stream"
}
