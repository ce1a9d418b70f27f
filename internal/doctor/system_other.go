//go:build !unix

package doctor

import "io/fs"

// freeDisk does not know on this system.
func freeDisk(string) (free uint64, ok bool) { return 0, false }

// sameOwner does not know on this system.
func sameOwner(fs.FileInfo, fs.FileInfo) bool { return true }
