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
// # Two servers
//
// A [Relay] has up to two servers and gives a mail to the first one that takes
// it. What a server does decides what happens next; "rests" means that mails go
// to the other one first, for half a minute, then twice as long each time up to
// five, until one mail has tried it and found it well:
//
//	what the server does                          the mail goes to the   the server
//	--------------------------------------------  ---------------------  ----------
//	cannot be found or reached, is silent,        other one              rests
//	  greets with 4xx or 5xx, has no TLS or a
//	  certificate that does not hold
//	does not take user and password               other one              rests
//	does not take our sender (MAIL, 4xx or 5xx)   other one              rests
//	RCPT, DATA or the text: 4xx (greylisting,     other one              stays
//	  out of space), hangs up, is silent
//	RCPT, DATA or the text: 5.7.x, 530, 521:      other one              stays
//	  this server will not carry our mail
//	RCPT, DATA or the text: any other 5xx         nobody: it is refused  stays
//	the text is over and no answer comes          other one              stays
//
// A server rests only for what it did before it heard of the recipient: nobody
// can put it out for all others with an address of a certain kind.
//
// With another server standing by, one has [Hurry] until it wants the text; the
// mail is on its way well within 10 s. Then it has [Answer] to take it over.
// That no answer comes after the text is the one case in which a mail can arrive
// twice (RFC 1047): the server may have taken it. The other server is given it
// all the same, as somebody may stand at the screen whose code it is; both copies
// have the same code and the same Message-ID, by which many mailboxes know the
// second. In all other cases it is certain that the server did not take the mail.
//
// An email says what happened in its first line, which is therefore what a
// list of messages previews; it has no picture, no tracking and at most one
// link, shown as it is. Mails with a code have no link at all (README,
// Decisions).
//
// Neighbours: app gives a [Postman] to package outbox; the command "mail test"
// uses [SMTP.Trace]. It imports core and words.
package mail
