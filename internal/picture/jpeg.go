package picture

import (
	"bytes"
	"encoding/binary"
)

// upright is the orientation of a picture that is shown as it is stored.
const upright = 1

// progressiveWorking is what a progressive JPEG keeps beside the picture: 4
// bytes for each of at most 4 components of a pixel.
const progressiveWorking = 16

// The markers of JPEG that matter here (ITU-T T.81 table B.1).
const (
	markerStart       = 0xd8
	markerProgressive = 0xc2
	markerScan        = 0xda
	markerApp1        = 0xe1
)

// readJPEG walks over the segments before the first scan and returns how the
// picture is turned, and what decoding it takes besides. A file it does not
// understand is upright; the decoder will say what is wrong with it.
func readJPEG(file []byte) (orientation int, working int64) {
	orientation = upright
	for at := 2; at+4 <= len(file); {
		if file[at] != 0xff {
			return orientation, working
		}
		marker := file[at+1]
		if marker == 0xff { // fill
			at++
			continue
		}
		if marker == 0 || marker == 1 || marker >= 0xd0 && marker <= markerStart { // without a length
			at += 2
			continue
		}
		size := int(binary.BigEndian.Uint16(file[at+2:]))
		if size < 2 || at+2+size > len(file) {
			return orientation, working
		}
		body := file[at+4 : at+2+size]
		switch marker {
		case markerScan:
			return orientation, working
		case markerProgressive:
			working = progressiveWorking
		case markerApp1:
			if turned := exifOrientation(body); turned != 0 {
				orientation = turned
			}
		}
		at += 2 + size
	}
	return orientation, working
}

// exifOrientation reads tag 0x0112 of the first directory (Exif 2.3 §4.6.4); 0
// where there is none.
func exifOrientation(body []byte) int {
	tiff, found := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
	if !found || len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	const entry = 12
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entry {
			return 0
		}
		const short = 3
		if order.Uint16(entries) == 0x0112 && order.Uint16(entries[2:]) == short {
			if turned := int(order.Uint16(entries[8:])); turned >= 1 && turned <= 8 {
				return turned
			}
			return 0
		}
		entries = entries[entry:]
	}
	return 0
}
