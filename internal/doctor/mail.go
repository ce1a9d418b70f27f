package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
)

// mailServers goes through the conversation with each mail server and sends
// nothing. One that fails beside one that works is a warning.
func (v *visit) mailServers(ctx context.Context) {
	if v.Config.Dev {
		v.ok("mail", "kept in the development mailbox")
		return
	}
	var err error
	switch v.mail, err = v.MailServers(ctx); {
	case err != nil:
		v.fail("mail", "", "its settings cannot be read: %v", err)
		return
	case len(v.mail) == 0:
		v.fail("mail", "set smtp.url, or a server on the page Email; until then nobody gets a code by email", "no mail server is set up")
		return
	}
	var broken []Finding
	for _, server := range v.mail {
		last := ""
		limited, cancel := context.WithTimeout(ctx, patience/time.Duration(len(v.mail)))
		err := server.Probe(limited, func(line string) { last = line })
		cancel()
		if err == nil {
			v.ok("mail", "%s takes mail from %s (nothing was sent)", server.Name, v.Sender)
			continue
		}
		hint := "sallyport mail test --to ADDRESS shows each step"
		if last != "" {
			hint = fmt.Sprintf("it stopped after %q; %s", last, hint)
		}
		broken = append(broken, Finding{Fail, "mail", fmt.Sprintf("%s cannot be used: %s", server.Name, mailFault(err)), hint})
	}
	for _, f := range broken {
		if len(broken) < len(v.mail) {
			f.Grade, f.Text = Warn, f.Text+"; the other one takes over"
		}
		v.found = append(v.found, f)
	}
}

// mailFault says in a few words what part of the conversation broke.
func mailFault(err error) string {
	switch core.CodeOf(err) {
	case "mail.host":
		return "there is no host of that name"
	case "mail.connect":
		return "it was not reached"
	case "mail.starttls":
		return "the connection could not be secured: it offers no TLS"
	case "mail.tls_name":
		return "the connection could not be secured: its certificate is another host's"
	case "mail.tls_expired":
		return "the connection could not be secured: its certificate is not good at this time"
	case "mail.tls_unknown":
		return "the connection could not be secured: this machine does not trust its certificate"
	case "mail.tls":
		return "the connection could not be secured"
	case "mail.login":
		return "it did not take user and password"
	case "mail.sender":
		return "it does not take our sender"
	case "mail.timeout":
		return "it did not answer in time"
	}
	return "the conversation broke off"
}

// mailNames looks at what the domain of the sender says about its mail
// (interop §4.5): who may send it, who signs it, what to do with the rest.
func (v *visit) mailNames(ctx context.Context) {
	if v.Config.Dev || len(v.mail) == 0 {
		return
	}
	if _, err := netip.ParseAddr(strings.Trim(v.Sender, "[]")); err == nil || config.Loopback(v.Sender) || !strings.Contains(v.Sender, ".") {
		v.ok("mail-names", "nothing to look up for %s", v.Sender)
		return
	}
	if v.spf(ctx) {
		v.dkim(ctx)
		v.dmarc(ctx)
	}
}

// records returns the text records of a name that begin with a mark. asked is
// false where no resolver could tell.
func (v *visit) records(ctx context.Context, name, mark string) (found []string, asked bool) {
	all, err := v.Resolver.LookupTXT(ctx, name)
	var answer *net.DNSError
	if err != nil && !(errors.As(err, &answer) && answer.IsNotFound) {
		return nil, false
	}
	for _, r := range all {
		if low := strings.ToLower(strings.TrimSpace(r)); low == mark || strings.HasPrefix(low, mark+" ") || strings.HasPrefix(low, mark+";") {
			found = append(found, strings.TrimSpace(r))
		}
	}
	return found, true
}

// spf looks for the one record that says who may send (RFC 7208 §4.5). It
// reports whether there is a resolver at all.
func (v *visit) spf(ctx context.Context) bool {
	found, asked := v.records(ctx, v.Sender, "v=spf1")
	const hint = "the operator of the domain's names adds a record that names the mail server"
	switch {
	case !asked:
		v.warn("mail-names", "run this where names can be looked up", "not checked: no resolver answered for %s", v.Sender)
	case len(found) == 0:
		v.warn("mail-spf", hint, "%s does not say who may send its mail; many will not take it", v.Sender)
	case len(found) > 1:
		v.fail("mail-spf", "leave one", "%s has %d SPF records, so none counts", v.Sender, len(found))
	case strings.HasSuffix(found[0], "+all") || strings.HasSuffix(found[0], " all"):
		v.warn("mail-spf", "end it with -all or ~all", "the SPF record of %s lets everybody send its mail", v.Sender)
	default:
		v.ok("mail-spf", "%s says who may send its mail", v.Sender)
	}
	return asked
}

// dkim looks for the key that signatures are checked with (RFC 6376 §3.6.1).
func (v *visit) dkim(ctx context.Context) {
	if v.Selector == "" {
		v.warn("mail-dkim", "the operator of the mail server knows it; give it with --dkim-selector", "not checked: the selector of %s is not known here", v.Sender)
		return
	}
	name := v.Selector + "._domainkey." + v.Sender
	all, err := v.Resolver.LookupTXT(ctx, name)
	var answer *net.DNSError
	switch {
	case err != nil && !(errors.As(err, &answer) && answer.IsNotFound):
		v.warn("mail-dkim", "", "not checked: no resolver answered for %s", name)
		return
	case len(all) == 0:
		v.fail("mail-dkim", "publish the public key that the mail server signs with", "there is no key at %s", name)
		return
	}
	for part := range strings.SplitSeq(strings.Join(all, ""), ";") {
		if key, ok := strings.CutPrefix(strings.TrimSpace(part), "p="); ok && strings.TrimSpace(key) != "" {
			v.ok("mail-dkim", "there is a key at %s", name)
			return
		}
	}
	v.fail("mail-dkim", "publish the public key that the mail server signs with", "the key at %s is empty: it was taken back", name)
}

// treeLimit is how many labels a name may have of which each is asked
// (RFC 7489's successor walks up the tree of names).
const treeLimit = 8

// dmarc looks for what is asked of receivers, at the domain and above it.
func (v *visit) dmarc(ctx context.Context) {
	labels := strings.Split(v.Sender, ".")
	labels = labels[max(0, len(labels)-treeLimit):]
	for ; len(labels) > 1; labels = labels[1:] {
		domain := strings.Join(labels, ".")
		found, asked := v.records(ctx, "_dmarc."+domain, "v=dmarc1")
		switch {
		case !asked:
			v.warn("mail-dmarc", "", "not checked: no resolver answered for _dmarc.%s", domain)
			return
		case len(found) > 1:
			v.fail("mail-dmarc", "leave one", "_dmarc.%s has %d records, so none counts", domain, len(found))
			return
		case len(found) == 1 && demands(found[0], "none"):
			v.warn("mail-dmarc", "once the reports look right, ask for quarantine or reject", "_dmarc.%s asks for nothing: forged mail is taken", domain)
			return
		case len(found) == 1:
			v.ok("mail-dmarc", "_dmarc.%s says what to do with forged mail", domain)
			return
		}
	}
	v.warn("mail-dmarc", "add v=DMARC1; p=quarantine; rua=mailto:… at _dmarc."+v.Sender, "%s does not say what to do with forged mail", v.Sender)
}

// demands reports whether a record asks for a policy.
func demands(record, policy string) bool {
	for part := range strings.SplitSeq(strings.ToLower(record), ";") {
		if p, ok := strings.CutPrefix(strings.ReplaceAll(part, " ", ""), "p="); ok {
			return p == policy
		}
	}
	return true // no policy is none
}
