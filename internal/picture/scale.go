package picture

import (
	"image"
	"image/color"
)

// samples is how many pixels of a side are looked at for one of the result.
const samples = 8

// square returns the middle of a picture as a square of at most [Side] pixels,
// turned upright, on white where it is transparent.
func square(from image.Image, orientation int) *image.RGBA {
	b := from.Bounds()
	side := min(b.Dx(), b.Dy())
	n := min(side, Side)
	left, top := b.Min.X+(b.Dx()-side)/2, b.Min.Y+(b.Dy()-side)/2
	read := reader(from)
	out := image.NewRGBA(image.Rect(0, 0, n, n))
	for y := range n {
		for x := range n {
			part := image.Rect(left+x*side/n, top+y*side/n, left+(x+1)*side/n, top+(y+1)*side/n)
			to := turned(x, y, n, orientation)
			out.SetRGBA(to.X, to.Y, average(read, part))
		}
	}
	return out
}

// reader returns how to read one pixel; all pictures of the standard library
// can without making garbage.
func reader(from image.Image) func(x, y int) color.RGBA64 {
	if quick, ok := from.(image.RGBA64Image); ok {
		return quick.RGBA64At
	}
	return func(x, y int) color.RGBA64 {
		r, g, b, a := from.At(x, y).RGBA()
		return color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(b), A: uint16(a)}
	}
}

// average is the mean colour of a part, on white.
func average(read func(x, y int) color.RGBA64, part image.Rectangle) color.RGBA {
	stepX, stepY := max(1, part.Dx()/samples), max(1, part.Dy()/samples)
	var r, g, b, seen uint64
	for y := part.Min.Y; y < part.Max.Y; y += stepY {
		for x := part.Min.X; x < part.Max.X; x += stepX {
			c := read(x, y)
			white := 0xffff - uint64(c.A)
			r, g, b, seen = r+uint64(c.R)+white, g+uint64(c.G)+white, b+uint64(c.B)+white, seen+1
		}
	}
	mean := func(sum uint64) uint8 { return uint8(sum / seen >> 8) }
	return color.RGBA{R: mean(r), G: mean(g), B: mean(b), A: 0xff}
}

// turned returns where a pixel of the stored square stands in the upright one
// (Exif 2.3 §4.6.4 A, orientations 1 to 8).
func turned(x, y, n, orientation int) image.Point {
	lastX, lastY := n-1-x, n-1-y
	switch orientation {
	case 2:
		return image.Pt(lastX, y)
	case 3:
		return image.Pt(lastX, lastY)
	case 4:
		return image.Pt(x, lastY)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(lastY, x)
	case 7:
		return image.Pt(lastY, lastX)
	case 8:
		return image.Pt(y, lastX)
	}
	return image.Pt(x, y)
}
