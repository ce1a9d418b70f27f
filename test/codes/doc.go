// Package codes holds Sallyport's own codes against those of two generators
// that nobody of this project wrote, oathtool and npm otplib.
//
// It owns: the comparison. It does not own: making the other codes
// (test/browser/codes.mjs does), or the RFC vectors (package otp).
//
// Neighbours: otp, which it tests from outside.
package codes
