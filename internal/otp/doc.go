// Package otp computes and checks one-time codes: HOTP (RFC 4226) and TOTP
// (RFC 6238) with SHA-1, the 6 digits and the 30 seconds that every
// authenticator app understands, and the setup key and address that hand a
// secret to an app.
//
// It owns: the arithmetic, the window of accepted steps, base32 keys, the
// otpauth address. It does not own: secrets at rest (package secret), the last
// accepted step of an app (the store moves it forward), what people type
// (package factor makes digits of it), or pictures (package qr).
//
// Neighbours: package factor calls it for both kinds of 6-digit code; the
// set-up page asks it for the address and the key in groups. It imports core.
package otp
