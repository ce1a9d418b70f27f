// Package picture makes the picture of a person from a file that somebody sent:
// a small square that we drew ourselves.
//
// It owns: what files are read (PNG and JPEG), how much memory one may take,
// turning it upright, the square, leaving out everything that is not picture
// (places, cameras, thumbnails, what hides behind the end). It does not own:
// who may send one, how many at once, where it is kept.
//
// Nothing of the file reaches the result but colours: what is served was
// written by our encoder.
//
// Neighbours: package profile asks for it. It imports core.
package picture
