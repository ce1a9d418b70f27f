// Package qr draws QR codes that phones and independent readers scan: byte
// mode, error correction M, black on white with the quiet zone of four modules
// (ISO/IEC 18004 §9.1).
//
// It owns: the picture. It does not own: the text in it (package otp makes the
// address of an app), pages, or caching.
//
// Neighbours: the set-up page serves what it returns. It imports no other
// package of the house.
package qr
