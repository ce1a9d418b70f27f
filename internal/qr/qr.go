package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/boombuler/barcode/qr"
)

// QuietZone is the white margin on each side, in modules. Readers in a dark
// page fail without it (interop §3).
const QuietZone = 4

// MaxModule is the largest size of a module in pixels.
const MaxModule = 32

// The errors of PNG.
var (
	ErrModule = errors.New("qr: a module must be 1 to 32 pixels wide")
	ErrText   = errors.New("qr: text is empty or too long")
)

// PNG returns a picture of text, each module a square of module pixels (1 to
// 32; 8 is what the set-up page shows). It is black on white whatever the
// page's theme, with one bit a pixel.
func PNG(text string, module int) ([]byte, error) {
	if module < 1 || module > MaxModule {
		return nil, ErrModule
	}
	if text == "" {
		return nil, ErrText
	}
	matrix, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrText, err)
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&out, draw(matrix, module)); err != nil {
		return nil, fmt.Errorf("qr: encode png: %w", err)
	}
	return out.Bytes(), nil
}

// draw enlarges the matrix and lays the quiet zone round it. Index 0 of the
// palette is white, so an untouched picture is all margin.
func draw(matrix image.Image, module int) image.Image {
	size := matrix.Bounds().Dx()
	side := (size + 2*QuietZone) * module
	picture := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range size {
		first := picture.Pix[(y+QuietZone)*module*picture.Stride:][:side]
		for x := range size {
			if dark(matrix.At(x, y)) {
				run := first[(x+QuietZone)*module:][:module]
				for i := range run {
					run[i] = 1
				}
			}
		}
		for line := 1; line < module; line++ {
			copy(picture.Pix[((y+QuietZone)*module+line)*picture.Stride:], first)
		}
	}
	return picture
}

func dark(c color.Color) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}
