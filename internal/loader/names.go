package loader

import "hash/maphash"

// Names remembers the names of a whole file, so that a second row about somebody is
// wrong however far it is from the first. It keeps sums in place of names: of a
// million, two share one once in thirty million files. Of nil nothing is known.
type Names struct {
	seed maphash.Seed
	rows map[uint64]int32
}

// NewNames remembers nothing yet.
func NewNames() *Names { return &Names{seed: maphash.MakeSeed(), rows: map[uint64]int32{}} }

// At returns the row in which a name stood before; 0 where it did not.
func (n *Names) At(key string) int {
	if n == nil {
		return 0
	}
	return int(n.rows[maphash.String(n.seed, key)])
}

// Note remembers the names of a row, the first row of each; an empty one is none.
func (n *Names) Note(row int, keys ...string) {
	if n == nil {
		return
	}
	for _, key := range keys {
		if key == "" {
			continue
		}
		sum := maphash.String(n.seed, key)
		if n.rows[sum] == 0 {
			n.rows[sum] = int32(row)
		}
	}
}
