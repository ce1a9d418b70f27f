package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Option is one row: from it come the key of the file, the environment
// variable, the flag, the redacted dump and docs/config.md.
type Option struct {
	Key     string // in the file: "smtp.url"
	Default string
	Secret  bool // never printed; also read from a file named by Key + "_file"
	Help    string
	set     func(c *Config, text string) error
}

// Env returns the name of the environment variable: SALLYPORT_SMTP_URL.
func (o Option) Env() string {
	return "SALLYPORT_" + strings.ToUpper(strings.ReplaceAll(o.Key, ".", "_"))
}

// Flag returns the name of the flag without dashes: smtp-url.
func (o Option) Flag() string { return strings.NewReplacer(".", "-", "_", "-").Replace(o.Key) }

// defaultAddr is where a server listens that was told nothing else.
const defaultAddr = ":8443"

// Options returns all rows, in the order of docs/config.md.
func Options() []Option {
	return []Option{
		text("addr", defaultAddr, "Address to listen on, host:port.", func(c *Config) *string { return &c.Addr }),
		{Key: "base_url", Help: "The address people use, such as https://id.example.com: scheme, host and port, no path.", set: setBaseURL},
		boolean("behind_proxy", "TLS ends at a reverse proxy in front of this server.", func(c *Config) *bool { return &c.BehindProxy }),
		{Key: "trusted_proxies", Help: "Networks of the proxies whose X-Forwarded headers are believed, separated by commas: 127.0.0.1/32, 10.0.0.0/8.", set: setTrusted},
		text("name", "Sallyport", "Name of the deployment, shown on signed-out pages.", func(c *Config) *string { return &c.Name }),
		text("data", "sallyport-data", "Folder of the embedded database.", func(c *Config) *string { return &c.Data }),
		text("key_file", "", "File of the master key. Empty: beside the data folder, as DIR.key.", func(c *Config) *string { return &c.KeyFile }),
		secret("database", "PostgreSQL address, postgres://user:password@host/name. Empty: the embedded database.", func(c *Config) *string { return &c.Database }),
		text("replica", "", "Name of this server in the audit log, where several share a database. Empty: the machine's.", func(c *Config) *string { return &c.Replica }),
		boolean("dev", "Development: loopback only, mails stay in a mailbox at /dev/mail.", func(c *Config) *bool { return &c.Dev }),
		text("metrics", "", "Address for Prometheus, loopback only, such as 127.0.0.1:9464. Empty: none.", func(c *Config) *string { return &c.Metrics }),
		text("tls.cert", "", "Certificate file (PEM).", func(c *Config) *string { return &c.TLSCert }),
		text("tls.key", "", "Key file of the certificate (PEM).", func(c *Config) *string { return &c.TLSKey }),
		secret("smtp.url", "Mail server, smtp://user:password@host:587 (STARTTLS) or smtps://host:465.", func(c *Config) *string { return &c.SMTP.URL }),
		secret("smtp.second_url", "Second mail server, in the same form: it takes over where the first refuses or does not answer.", func(c *Config) *string { return &c.SMTP.SecondURL }),
		text("smtp.from", "", "Sender of all mail. Empty: no-reply@ the host of base_url.", func(c *Config) *string { return &c.SMTP.From }),
		text("smtp.reply_to", "", "Address for answers, such as the help desk's.", func(c *Config) *string { return &c.SMTP.ReplyTo }),
		boolean("smtp.insecure_lan", "Allow a mail server without TLS that is not on this machine.", func(c *Config) *bool { return &c.SMTP.InsecureLAN }),
		text("audit.syslog", "", "Where the audit log is sent to as syslog (RFC 5424): unix:///dev/log, udp://host:514, tcp://host:601 or tls://host:6514. Empty: nowhere.", func(c *Config) *string { return &c.Audit.Syslog }),
		text("audit.file", "", "File that the audit log is written to as JSON lines. It may be rotated at any time. Empty: none.", func(c *Config) *string { return &c.Audit.File }),
		choice("log.format", "text", "How to log.", func(c *Config) *string { return &c.Log.Format }, "text", "json"),
		choice("log.level", "info", "Least level that is logged.", func(c *Config) *string { return &c.Log.Level }, "debug", "info", "warn", "error"),
		boolean("log.requests", "Also log requests that went well.", func(c *Config) *bool { return &c.Log.Requests }),
		number("password.memory_kib", "65536", "Memory of one password hash (Argon2id).", func(c *Config) *int { return &c.Password.MemoryKiB }),
		number("password.time", "1", "Passes of one password hash.", func(c *Config) *int { return &c.Password.Time }),
		number("password.parallelism", "1", "Lanes of one password hash.", func(c *Config) *int { return &c.Password.Parallelism }),
		number("password.at_once", "0", "Hashes computed at once. 0: one per processor core.", func(c *Config) *int { return &c.Password.AtOnce }),
		number("throttle.failures", "5", "Wrong passwords for one account from one network before waits begin.", func(c *Config) *int { return &c.Throttle.Failures }),
		duration("throttle.window", "15m", "Time in which wrong passwords are counted.", func(c *Config) *time.Duration { return &c.Throttle.Window }),
		duration("throttle.first_wait", "30s", "First wait; each further wrong password doubles it.", func(c *Config) *time.Duration { return &c.Throttle.FirstWait }),
		duration("throttle.max_wait", "1h", "Longest wait.", func(c *Config) *time.Duration { return &c.Throttle.MaxWait }),
		number("throttle.address_failures", "30", "Wrong passwords from one address before its tries are slowed.", func(c *Config) *int { return &c.Throttle.AddressFailures }),
		duration("throttle.address_window", "10m", "Time in which wrong passwords of one address are counted.", func(c *Config) *time.Duration { return &c.Throttle.AddressWindow }),
	}
}

func text(key, value, help string, at func(*Config) *string) Option {
	return Option{Key: key, Default: value, Help: help, set: func(c *Config, s string) error {
		if strings.ContainsAny(s, "\r\n\x00") {
			return errors.New("must be one line")
		}
		*at(c) = s
		return nil
	}}
}

func secret(key, help string, at func(*Config) *string) Option {
	o := text(key, "", help, at)
	o.Secret = true
	return o
}

func choice(key, value, help string, at func(*Config) *string, allowed ...string) Option {
	help += " One of " + strings.Join(allowed, ", ") + "."
	return Option{Key: key, Default: value, Help: help, set: func(c *Config, s string) error {
		for _, a := range allowed {
			if s == a {
				*at(c) = s
				return nil
			}
		}
		return fmt.Errorf("%q is not one of %s", s, strings.Join(allowed, ", "))
	}}
}

func boolean(key, help string, at func(*Config) *bool) Option {
	return Option{Key: key, Default: "false", Help: help, set: func(c *Config, s string) error {
		v, err := strconv.ParseBool(s)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", s)
		}
		*at(c) = v
		return nil
	}}
}

func number(key, value, help string, at func(*Config) *int) Option {
	return Option{Key: key, Default: value, Help: help, set: func(c *Config, s string) error {
		v, err := strconv.Atoi(s)
		if err != nil || v < 0 {
			return fmt.Errorf("%q is not a whole number", s)
		}
		*at(c) = v
		return nil
	}}
}

func duration(key, value, help string, at func(*Config) *time.Duration) Option {
	return Option{Key: key, Default: value, Help: help, set: func(c *Config, s string) error {
		v, err := time.ParseDuration(s)
		if err != nil || v <= 0 {
			return fmt.Errorf("%q is not a duration such as 30s or 15m", s)
		}
		*at(c) = v
		return nil
	}}
}

func setBaseURL(c *Config, s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" ||
		u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%q is not an address such as https://id.example.com", s)
	}
	u.Path = ""
	c.BaseURL = u
	return nil
}

func setTrusted(c *Config, s string) error {
	c.Trusted = nil
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			a, addrErr := netip.ParseAddr(part)
			if addrErr != nil {
				return fmt.Errorf("%q is not a network such as 10.0.0.0/8", part)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		c.Trusted = append(c.Trusted, p.Masked())
	}
	return nil
}
