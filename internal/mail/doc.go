// Package mail writes the emails of Sallyport and hands them to a mail server.
//
// It owns: the words' order in each email and its two bodies (text first, then
// HTML from one layout), the message as bytes (headers, encodings, MIME parts),
// the SMTP conversation with its TLS rules (ML4), and telling a refusal for
// good from trouble that passes.
//
// It does not own: the queue, retries and times (package outbox), who gets
// which mail (package notify), the sentences (package words), or the code of an
// emailed code, which it asks a [Composer] for at the moment of sending so that
// it is never stored (EM3).
//
// An email says what happened in its first line, which is therefore what a
// list of messages previews; it has no picture, no tracking and at most one
// link, shown as it is. Mails with a code have no link at all (README,
// Decisions).
//
// Neighbours: app gives a [Postman] to package outbox; the command "mail test"
// uses [SMTP.Trace]. It imports core and words.
package mail
