package qr_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/qr"
)

const address = "otpauth://totp/Northwind%20City%20Council:ana.maria%2Baudit%40example.org" +
	"?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Northwind%20City%20Council&algorithm=SHA1&digits=6&period=30"

// texts are of the lengths the set-up page can show, up to the cap.
func texts() map[string]string {
	return map[string]string{
		"shortest":  "a",
		"address":   address,
		"287 bytes": address + strings.Repeat("x", 287-len(address)), // otp.MaxURI
	}
}

func decode(t *testing.T, picture []byte) *image.Paletted {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	p, ok := img.(*image.Paletted)
	if !ok {
		t.Fatalf("picture is a %T, want one bit a pixel", img)
	}
	return p
}

func TestPNGPixels(t *testing.T) {
	for name, text := range texts() {
		for _, module := range []int{1, 4, 8} {
			picture, err := qr.PNG(text, module)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if depth := picture[24]; depth != 1 { // IHDR: bit depth
				t.Errorf("%s: %d bits a pixel, want 1", name, depth)
			}
			checkPixels(t, name, decode(t, picture), module)
		}
	}
}

// checkPixels asserts pure black and white, whole modules, and the quiet zone.
func checkPixels(t *testing.T, name string, img *image.Paletted, module int) {
	t.Helper()
	side := img.Bounds().Dx()
	if side != img.Bounds().Dy() || side%module != 0 || (side/module-2*qr.QuietZone-17)%4 != 0 {
		t.Fatalf("%s: %d x %d pixels of %d", name, side, img.Bounds().Dy(), module)
	}
	white, black := color.RGBA{255, 255, 255, 255}, color.RGBA{0, 0, 0, 255}
	margin := qr.QuietZone * module
	for y := range side {
		for x := range side {
			c := color.RGBAModel.Convert(img.At(x, y))
			inside := x >= margin && y >= margin && x < side-margin && y < side-margin
			if c != white && (c != black || !inside) {
				t.Fatalf("%s: pixel %d,%d is %v", name, x, y, c)
			}
			if img.At(x, y) != img.At(x-x%module, y-y%module) {
				t.Fatalf("%s: pixel %d,%d differs from its module", name, x, y)
			}
		}
	}
	// The finder pattern begins right behind the margin on three corners.
	for _, at := range [][2]int{{margin, margin}, {side - margin - 1, margin}, {margin, side - margin - 1}} {
		if color.RGBAModel.Convert(img.At(at[0], at[1])) != black {
			t.Errorf("%s: no finder pattern at %v", name, at)
		}
	}
}

// TestPNGSize holds the measured sizes for error correction M (interop §3): a
// library that chose another level would draw another size.
func TestPNGSize(t *testing.T) {
	for bytes, version := range map[int]int{133: 8, 204: 10, 287: 12} {
		picture, err := qr.PNG(strings.Repeat("x", bytes), 1)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := decode(t, picture).Bounds().Dx(), 17+4*version+2*qr.QuietZone; got != want {
			t.Errorf("%d bytes: %d modules, want %d", bytes, got, want)
		}
	}
}

func TestPNGErrors(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		module int
		want   error
	}{
		"no text":     {"", 8, qr.ErrText},
		"too long":    {strings.Repeat("x", 3000), 8, qr.ErrText},
		"no module":   {"a", 0, qr.ErrModule},
		"huge module": {"a", qr.MaxModule + 1, qr.ErrModule},
	} {
		if _, err := qr.PNG(c.text, c.module); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// TestZbarReads has a reader that nobody here wrote look at the picture.
func TestZbarReads(t *testing.T) {
	if _, err := exec.LookPath("zbarimg"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("zbarimg is missing (Debian package zbar-tools)")
		}
		t.Skip("not run: needs zbarimg (Debian package zbar-tools)")
	}
	for name, text := range texts() {
		for _, module := range []int{2, 8} {
			picture, err := qr.PNG(text, module)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "code.png")
			if err := os.WriteFile(file, picture, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("zbarimg", "-q", "--raw", file).Output()
			if got := strings.TrimSuffix(string(out), "\n"); err != nil || got != text {
				t.Errorf("%s at %d pixels: read %q, %v", name, module, got, err)
			}
		}
	}
}

func BenchmarkPNG(b *testing.B) {
	for b.Loop() {
		if _, err := qr.PNG(address, 8); err != nil {
			b.Fatal(err)
		}
	}
}
