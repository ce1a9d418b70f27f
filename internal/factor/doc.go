// Package factor holds the ways to verify it's you, each one file behind one
// contract, [Factor]: the emailed code, the authenticator app, the recovery
// code. A new kind is one file here, one line in package app, and its words; it
// is then offered to whoever has a credential of it. The suite in factortest
// tells whether it keeps the contract.
//
// It owns: what each kind asks for, how a typed answer is read, whether it is
// right, what must be recorded for it, and the sealed material of enrolment.
// It does not own: counting wrong codes and pausing (package throttle and the
// store, before Check is called), single use (the store's conditional update
// of the core.FactorUse that Check returns), mails, pages, time.
//
// Neighbours: sign-in and account ask the [Registry] by kind and never name a
// concrete factor; secret seals, otp computes. It imports core, secret, otp.
package factor
