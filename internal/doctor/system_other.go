//go:build !unix

package doctor

import "io/fs"

// FreeDisk does not know on this system.
func FreeDisk(string) (free uint64, ok bool) { return 0, false }

// sameOwner does not know on this system.
func sameOwner(fs.FileInfo, fs.FileInfo) bool { return true }
