package httpx

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/sallyport/sallyport/internal/core"
)

// idAlphabet has no letters that are mistaken for one another when an id is
// read out on the telephone.
const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// idMint makes request ids: a counter scrambled by a bijection with a random
// start, so ids never repeat in one process, tell nothing about how busy it
// is, and cost no random bytes.
type idMint struct {
	seed  uint64
	count atomic.Uint64
}

func newIDMint(random core.Random) *idMint {
	var b [8]byte
	random(b[:])
	return &idMint{seed: binary.LittleEndian.Uint64(b[:])}
}

// next returns 13 characters.
func (m *idMint) next() string {
	// The finalizer of SplitMix64, which maps 64 bits one to one.
	z := m.seed + m.count.Add(1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	var b [13]byte
	for i := range b {
		b[i] = idAlphabet[z&31]
		z >>= 5
	}
	return string(b[:])
}
