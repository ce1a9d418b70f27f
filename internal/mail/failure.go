package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"os"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// The failures of handing over a mail. The code and the server's status are all
// that is stored; the cause is for the log of whoever runs "mail test". Kind
// Invalid means that this mail will never be taken, Unavailable that trying
// again may help.
var (
	errHost       = core.NewError(core.Unavailable, "mail.host")        // no such name
	errConnect    = core.NewError(core.Unavailable, "mail.connect")     // no connection, or no greeting
	errTLS        = core.NewError(core.Unavailable, "mail.tls")         // the handshake failed
	errNoTLS      = core.NewError(core.Unavailable, "mail.starttls")    // no TLS is offered
	errTLSName    = core.NewError(core.Unavailable, "mail.tls_name")    // the certificate is another host's
	errTLSExpired = core.NewError(core.Unavailable, "mail.tls_expired") // the certificate is over, or not yet good
	errTLSUnknown = core.NewError(core.Unavailable, "mail.tls_unknown") // signed by nobody we trust
	errLogin      = core.NewError(core.Unavailable, "mail.login")       // user and password not taken
	errSender     = core.NewError(core.Unavailable, "mail.sender")      // our own address not taken
	errTemporary  = core.NewError(core.Unavailable, "mail.temporary")   // a 4xx about this mail
	errTimeout    = core.NewError(core.Unavailable, "mail.timeout")
	errBroken     = core.NewError(core.Unavailable, "mail.broken")     // the connection broke off before the text was whole
	errUnanswered = core.NewError(core.Unavailable, "mail.unanswered") // nothing came back after the text: it may have been taken
	errDeclined   = core.NewError(core.Invalid, "mail.declined")       // a 5xx about us: this server will not carry it
	errRefused    = core.NewError(core.Invalid, "mail.refused")        // a 5xx about this recipient or mail
	errUnfit      = core.NewError(core.Invalid, "mail.address")        // no address that this server can take
)

// failed names a failure: like says what part failed if nothing more exact is
// known. The server's own words stay in the cause, as they quote addresses.
func failed(like *core.Error, cause error) error {
	var reply *textproto.Error
	var network net.Error
	var name *net.DNSError
	switch {
	case errors.As(cause, &reply):
		return like.With("status", reply.Code).Because(cause)
	case errors.As(cause, &name) && name.IsNotFound:
		return errHost.Because(cause)
	case errors.Is(cause, os.ErrDeadlineExceeded), errors.Is(cause, context.DeadlineExceeded),
		errors.As(cause, &network) && network.Timeout():
		return errTimeout.Because(cause)
	case like == errTemporary:
		return errBroken.Because(cause)
	}
	return like.Because(cause)
}

// unsecured names what is wrong with a TLS handshake.
func unsecured(cause error) error {
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var verification *tls.CertificateVerificationError
	switch {
	case errors.As(cause, &name):
		return errTLSName.Because(cause)
	case errors.As(cause, &invalid) && invalid.Reason == x509.Expired:
		return errTLSExpired.Because(cause)
	case errors.As(cause, &unknown), errors.As(cause, &verification):
		return errTLSUnknown.Because(cause)
	}
	return failed(errTLS, cause)
}

// judged is failed for an answer about this very mail: 5xx is for good, at this
// server or, unless it is about us, everywhere.
func judged(cause error) error {
	var reply *textproto.Error
	switch {
	case !errors.As(cause, &reply) || reply.Code < 500:
		return failed(errTemporary, cause)
	case aboutUs(reply):
		return failed(errDeclined, cause)
	}
	return failed(errRefused, cause)
}

// aboutUs reports whether a 5xx says that this server will not carry our mail,
// and not that the recipient is not there: policy and authorization (5.7.x of
// RFC 3463 §3.8, such as "relay access denied"), "authentication required"
// (RFC 4954 §6) and "does not take mail" (RFC 7504).
func aboutUs(reply *textproto.Error) bool {
	return strings.HasPrefix(reply.Msg, "5.7.") || reply.Code == 530 || reply.Code == 521
}

// elsewhere reports whether another server may take a mail that failed like
// this: always, but for what is final about the recipient.
func elsewhere(err error) bool { return core.CodeOf(err) != errRefused.Code }
