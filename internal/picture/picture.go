package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"github.com/sallyport/sallyport/internal/core"
)

// The limits of a file.
const (
	// MaxBytes is the largest file (ux 3.3).
	MaxBytes = 5 << 20
	// Side is the most pixels a side of the result has.
	Side = 256
	// maxPixels is what cameras make today; more is a trap, or nobody's face.
	maxPixels = 40_000_000
	// maxMemory bounds what the decoder takes for the pixels of one file: a
	// small file can ask for a thousand times its size.
	maxMemory = 192 << 20
	// quality is that of the result, a few kilobytes.
	quality = 88
)

// The errors. A file that is no picture and one that is broken look the same to
// the person who chose it.
var (
	errLarge  = core.NewError(core.Invalid, "picture.large")
	errKind   = core.NewError(core.Invalid, "picture.kind")
	errPixels = core.NewError(core.Invalid, "picture.pixels")
)

// Square reads a PNG or JPEG file and returns its middle as a square JPEG of at
// most [Side] pixels, upright and without metadata. The content decides what
// the file is, not its name. Nothing is decoded before its size is known.
func Square(file []byte) ([]byte, error) {
	switch {
	case len(file) == 0:
		return nil, core.NewError(core.Invalid, "picture.none")
	case len(file) > MaxBytes:
		return nil, errLarge
	}
	f, err := formatOf(file)
	if err != nil {
		return nil, err
	}
	config, err := f.config(bytes.NewReader(file))
	if err != nil {
		return nil, errKind.Because(err)
	}
	if err := affordable(config, f.working); err != nil {
		return nil, err
	}
	decoded, err := f.decode(bytes.NewReader(file))
	if err != nil {
		return nil, errKind.Because(err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, square(decoded, f.orientation), &jpeg.Options{Quality: quality}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// affordable refuses a picture whose pixels would not fit. working is how many
// bytes a pixel takes besides while decoding.
func affordable(c image.Config, working int64) error {
	if c.Width <= 0 || c.Height <= 0 {
		return errKind
	}
	pixels := int64(c.Width) * int64(c.Height)
	if pixels > maxPixels || pixels*(bytesPerPixel(c.ColorModel)+working) > maxMemory {
		return errPixels
	}
	return nil
}

// bytesPerPixel is what a decoded pixel of a colour model takes at most.
func bytesPerPixel(m color.Model) int64 {
	if _, indexed := m.(color.Palette); indexed {
		return 1
	}
	switch m {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	return 4
}

// format is a kind of file with what was read of this one's beginning.
type format struct {
	config      func(*bytes.Reader) (image.Config, error)
	decode      func(*bytes.Reader) (image.Image, error)
	orientation int   // as in Exif: 1 is upright
	working     int64 // bytes a pixel besides the picture while decoding
}

// formatOf knows a file by its first bytes.
func formatOf(file []byte) (format, error) {
	switch {
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		return format{
			config: func(r *bytes.Reader) (image.Config, error) { return png.DecodeConfig(r) },
			decode: func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) }, orientation: upright,
		}, nil
	case bytes.HasPrefix(file, []byte("\xff\xd8\xff")):
		f := format{
			config: func(r *bytes.Reader) (image.Config, error) { return jpeg.DecodeConfig(r) },
			decode: func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) },
		}
		f.orientation, f.working = readJPEG(file)
		return f, nil
	}
	return format{}, errKind
}
