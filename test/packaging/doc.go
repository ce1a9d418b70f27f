// Package packaging installs what is shipped: the Debian package with apt, the
// RPM with rpm, the image as its Dockerfile lays it out. It starts each as its
// service manager would, signs in, upgrades and removes it.
//
// It owns: throw-away copies of this machine's disk (an overlay that is gone
// with the process), the command lines of an operator. It does not own: making
// the packages (scripts/package.sh) or what the pages do (test/browser).
//
// Neighbours: scripts/steps/packaging.sh makes the packages and runs these tests
// as root in a mount namespace of their own; nothing of this machine is changed.
package packaging
