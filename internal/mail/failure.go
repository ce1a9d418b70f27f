package mail

import (
	"context"
	"errors"
	"net"
	"net/textproto"
	"os"

	"github.com/sallyport/sallyport/internal/core"
)

// The failures of handing over a mail. The code and the server's status are all
// that is stored; the cause is for the log of whoever runs "mail test". Kind
// Invalid means that this mail will never be taken, Unavailable that trying
// again may help.
var (
	errConnect   = core.NewError(core.Unavailable, "mail.connect")   // no connection, or no greeting
	errTLS       = core.NewError(core.Unavailable, "mail.tls")       // no TLS, or a certificate that does not hold
	errLogin     = core.NewError(core.Unavailable, "mail.login")     // user and password not taken
	errSender    = core.NewError(core.Unavailable, "mail.sender")    // our own address not taken
	errTemporary = core.NewError(core.Unavailable, "mail.temporary") // a 4xx about this mail
	errTimeout   = core.NewError(core.Unavailable, "mail.timeout")
	errBroken    = core.NewError(core.Unavailable, "mail.broken") // the connection broke off
	errRefused   = core.NewError(core.Invalid, "mail.refused")    // a 5xx about this mail
	errUnfit     = core.NewError(core.Invalid, "mail.address")    // no address that this server can take
)

// failed names a failure: like says what part failed if nothing more exact is
// known. The server's own words stay in the cause, as they quote addresses.
func failed(like *core.Error, cause error) error {
	var reply *textproto.Error
	var network net.Error
	switch {
	case errors.As(cause, &reply):
		return like.With("status", reply.Code).Because(cause)
	case errors.Is(cause, os.ErrDeadlineExceeded), errors.Is(cause, context.DeadlineExceeded),
		errors.As(cause, &network) && network.Timeout():
		return errTimeout.Because(cause)
	case like == errTemporary:
		return errBroken.Because(cause)
	}
	return like.Because(cause)
}

// judged is failed for an answer about this very mail: 5xx is for good.
func judged(cause error) error {
	var reply *textproto.Error
	if errors.As(cause, &reply) && reply.Code >= 500 {
		return failed(errRefused, cause)
	}
	return failed(errTemporary, cause)
}
