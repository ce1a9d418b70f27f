package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/picture"
)

var (
	red   = color.NRGBA{R: 0xff, A: 0xff}
	green = color.NRGBA{G: 0xff, A: 0xff}
	blue  = color.NRGBA{B: 0xff, A: 0xff}
	white = color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}
)

// quarters is a picture whose corners differ: red, green, blue and white from
// the top left along the lines.
func quarters(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := red
			switch {
			case x >= w/2 && y >= h/2:
				c = white
			case y >= h/2:
				c = blue
			case x >= w/2:
				c = green
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// turnedJPEG is a JPEG with an Exif segment: an orientation and a place.
func turnedJPEG(t testing.TB, m image.Image, orientation uint16, order binary.AppendByteOrder) []byte {
	t.Helper()
	head := map[bool]string{true: "MM", false: "II"}[order == binary.AppendByteOrder(binary.BigEndian)]
	tiff := order.AppendUint16([]byte(head), 42)
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	entry := func(tag, kind uint16, value uint16) {
		tiff = order.AppendUint16(order.AppendUint16(tiff, tag), kind)
		tiff = order.AppendUint16(order.AppendUint32(tiff, 1), value)
		tiff = order.AppendUint16(tiff, 0)
	}
	entry(0x010f, 3, 7)
	entry(0x0112, 3, orientation)
	tiff = append(tiff, "GPS 53.80N 1.55W SECRETPLACE"...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	plain := asJPEG(t, m)
	return bytes.Join([][]byte{plain[:2], append(segment, body...), plain[2:]}, nil)
}

// corners reads the result and names the colours of its corners along the lines.
func corners(t *testing.T, made []byte) string {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(made))
	if err != nil {
		t.Fatal(err)
	}
	b := m.Bounds()
	if b.Dx() != b.Dy() || b.Dx() > picture.Side {
		t.Errorf("the result is %v", b)
	}
	name := func(x, y int) string {
		r, g, b, _ := m.At(x, y).RGBA()
		high := func(v uint32) bool { return v > 0x8000 }
		switch {
		case high(r) && high(g) && high(b):
			return "w"
		case high(r):
			return "r"
		case high(g):
			return "g"
		case high(b):
			return "b"
		}
		return "?"
	}
	q := b.Dx() / 4
	return name(q, q) + name(3*q, q) + name(q, 3*q) + name(3*q, 3*q)
}

// TestSquare makes the middle square of pictures of all sorts.
func TestSquare(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 300, 300))
	for i := range gray.Pix {
		gray.Pix[i] = 0xff
	}
	deep := image.NewNRGBA64(image.Rect(0, 0, 64, 64)) // all transparent
	away := quarters(400, 400).SubImage(image.Rect(100, 100, 300, 300))
	few := image.NewPaletted(image.Rect(0, 0, 40, 40), color.Palette{red, blue})
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"png", asPNG(t, quarters(600, 600)), "rgbw"},
		{"jpeg", asJPEG(t, quarters(600, 600)), "rgbw"},
		{"wide", asPNG(t, quarters(900, 300)), "rgbw"},
		{"high", asJPEG(t, quarters(300, 900)), "rgbw"},
		{"smaller than the result", asPNG(t, quarters(20, 20)), "rgbw"},
		{"one dot", asPNG(t, quarters(1, 1)), "wwww"},
		{"a line of dots", asPNG(t, quarters(5000, 1)), "bbbb"},
		{"gray", asJPEG(t, gray), "wwww"},
		{"transparent is white", asPNG(t, deep), "wwww"},
		{"not from nothing", asPNG(t, away), "rgbw"},
		{"indexed", asPNG(t, few), "rrrr"},
		{"turned 1", turnedJPEG(t, quarters(512, 512), 1, binary.BigEndian), "rgbw"},
		{"turned 2", turnedJPEG(t, quarters(512, 512), 2, binary.BigEndian), "grwb"},
		{"turned 3", turnedJPEG(t, quarters(512, 512), 3, binary.LittleEndian), "wbgr"},
		{"turned 4", turnedJPEG(t, quarters(512, 512), 4, binary.BigEndian), "bwrg"},
		{"turned 5", turnedJPEG(t, quarters(512, 512), 5, binary.LittleEndian), "rbgw"},
		{"turned 6", turnedJPEG(t, quarters(512, 512), 6, binary.BigEndian), "brwg"},
		{"turned 7", turnedJPEG(t, quarters(512, 512), 7, binary.LittleEndian), "wgbr"},
		{"turned 8", turnedJPEG(t, quarters(512, 512), 8, binary.BigEndian), "gwrb"},
		{"turned 9", turnedJPEG(t, quarters(512, 512), 9, binary.BigEndian), "rgbw"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			made, err := picture.Square(tt.file)
			if err != nil {
				t.Fatal(err)
			}
			if got := corners(t, made); got != tt.want {
				t.Errorf("corners %s, want %s", got, tt.want)
			}
			if bytes.Contains(made, []byte("Exif")) || bytes.Contains(made, []byte("SECRETPLACE")) || len(made) > 40<<10 {
				t.Errorf("%d bytes, with metadata of the file: %v", len(made), bytes.Contains(made, []byte("SECRETPLACE")))
			}
		})
	}
}

// TestNothingOfTheFile: what follows the picture is not in the result.
func TestNothingOfTheFile(t *testing.T) {
	const script = "<script>alert(document.domain)</script>"
	for name, file := range map[string][]byte{
		"png": append(asPNG(t, quarters(30, 30)), script...), "jpeg": append(asJPEG(t, quarters(30, 30)), script...),
	} {
		made, err := picture.Square(file)
		if err != nil || bytes.Contains(made, []byte("script")) {
			t.Errorf("%s: %v, %q", name, err, made)
		}
	}
}

// bomb is a PNG of a few kilobytes that says it is w by h pixels, all of one
// colour.
func bomb(t testing.TB, w, h uint32, depth, kind byte) []byte {
	t.Helper()
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(name string, body []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
		named := append([]byte(name), body...)
		out = append(out, named...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(named))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	chunk("IHDR", append(head, depth, kind, 0, 0, 0))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return out
}

// bigJPEG is a JPEG whose frame says it is w by h pixels.
func bigJPEG(t testing.TB, w, h uint16, progressive bool) []byte {
	t.Helper()
	file := asJPEG(t, quarters(16, 16))
	at := bytes.Index(file, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(file[at+5:], h)
	binary.BigEndian.PutUint16(file[at+7:], w)
	if progressive {
		file[at+1] = 0xc2
	}
	return file
}

// TestRefused: what is no picture, and what would take too much, is refused
// before anything is decoded.
func TestRefused(t *testing.T) {
	var moving bytes.Buffer
	if err := gif.Encode(&moving, quarters(10, 10), nil); err != nil {
		t.Fatal(err)
	}
	whole := asPNG(t, quarters(50, 50))
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", nil, "picture.none"},
		{"over 5 MB", append(asPNG(t, quarters(9, 9)), make([]byte, picture.MaxBytes)...), "picture.large"},
		{"a moving picture", moving.Bytes(), "picture.kind"},
		{"a drawing", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "picture.kind"},
		{"a page", []byte("<!doctype html><title>x</title>"), "picture.kind"},
		{"half a picture", whole[:len(whole)/2], "picture.kind"},
		{"a beginning", []byte("\x89PNG\r\n\x1a\n"), "picture.kind"},
		{"the other beginning", []byte("\xff\xd8\xff"), "picture.kind"},
		{"a bomb", bomb(t, 50_000, 50_000, 8, 6), "picture.pixels"},
		{"a long bomb", bomb(t, 1<<31-1, 1, 1, 0), "picture.pixels"},
		{"a deep bomb", bomb(t, 6000, 6000, 16, 6), "picture.pixels"},
		{"no side", bomb(t, 0, 10, 8, 6), "picture.kind"},
		{"a broad JPEG", bigJPEG(t, 65_000, 65_000, false), "picture.pixels"},
		{"a progressive JPEG", bigJPEG(t, 6000, 6000, true), "picture.pixels"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := picture.Square(tt.file); core.CodeOf(err) != tt.want || core.KindOf(err) != core.Invalid {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestMemory: a file that is just affordable takes no more than its budget.
func TestMemory(t *testing.T) {
	file := bomb(t, 6000, 6000, 8, 0)
	if len(file) > 50<<10 {
		t.Fatalf("the bomb has %d bytes", len(file))
	}
	got := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			if _, err := picture.Square(file); core.CodeOf(err) != "picture.kind" { // its end is missing
				b.Fatal(err)
			}
		}
	})
	if got.AllocedBytesPerOp() > 192<<20 {
		t.Errorf("it took %d MiB", got.AllocedBytesPerOp()>>20)
	}
}

// FuzzSquare: whatever is sent, either it is refused or a small square comes
// back.
func FuzzSquare(f *testing.F) {
	f.Add(asPNG(f, quarters(20, 10)))
	f.Add(asJPEG(f, quarters(10, 20)))
	f.Add(turnedJPEG(f, quarters(8, 8), 6, binary.LittleEndian))
	f.Add(turnedJPEG(f, quarters(8, 8), 3, binary.BigEndian))
	f.Add(bigJPEG(f, 100, 100, true))
	f.Add(bomb(f, 200, 200, 16, 6))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00II*\x00\x08\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		made, err := picture.Square(file)
		if err != nil {
			if core.KindOf(err) != core.Invalid {
				t.Fatal(err)
			}
			return
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(made))
		if err != nil || c.Width != c.Height || c.Width < 1 || c.Width > picture.Side {
			t.Fatalf("made %d by %d: %v", c.Width, c.Height, err)
		}
	})
}
