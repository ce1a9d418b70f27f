package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// patience is how long one answer may take: longer than the longest queue.
const patience = 30 * time.Second

// conn is one kept-alive connection with a browser's cookies. It parses only
// what is needed, so that the client takes little from the cores it shares with
// the server.
type conn struct {
	address string
	net     net.Conn
	in      *bufio.Reader
	out     []byte
	cookies []cookie
}

type cookie struct{ name, value string }

// answer is what came back; Body is good until the next answer.
type answer struct {
	Status     int
	Header     [][2]string // only of [conn.capture]
	Body       []byte
	location   string
	retryAfter time.Duration
}

func dial(address string) (*conn, error) {
	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return &conn{address: address, net: c, in: bufio.NewReaderSize(c, 16<<10)}, nil
}

func (c *conn) close() { _ = c.net.Close() } // nothing is on its way any more

// request formats a request with the cookies; a form makes it a POST.
func (c *conn) request(path string, form []byte, headers ...string) []byte {
	method := "GET "
	if form != nil {
		method = "POST "
	}
	b := append(c.out[:0], method...)
	b = append(append(b, path...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, c.address...), "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nAccept: text/html\r\n"...)
	for i, k := range c.cookies {
		lead := "; "
		if i == 0 {
			lead = "Cookie: "
		}
		b = append(append(append(append(b, lead...), k.name...), '='), k.value...)
	}
	if len(c.cookies) > 0 {
		b = append(b, "\r\n"...)
	}
	for _, h := range headers {
		b = append(append(b, h...), "\r\n"...)
	}
	if form != nil {
		b = append(append(b, "Origin: http://"...), c.address...)
		b = append(b, "\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(form)), 10)
		b = append(b, "\r\n"...)
	}
	b = append(append(b, "\r\n"...), form...)
	c.out = b
	return b
}

// do sends a request as a browser would and keeps the cookies it is given.
func (c *conn) do(path string, form []byte) (answer, error) {
	if err := c.net.SetDeadline(time.Now().Add(patience)); err != nil {
		return answer{}, err
	}
	return c.exchange(c.request(path, form), false)
}

// capture sends a prepared request and keeps every header of the answer.
func (c *conn) capture(request []byte) (answer, error) {
	if err := c.net.SetDeadline(time.Now().Add(patience)); err != nil {
		return answer{}, err
	}
	return c.exchange(request, true)
}

func (c *conn) exchange(request []byte, whole bool) (answer, error) {
	if _, err := c.net.Write(request); err != nil {
		return answer{}, err
	}
	a := answer{}
	line, err := c.line()
	if err != nil {
		return a, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return a, fmt.Errorf("not an answer: %.40q", line)
	}
	if a.Status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return a, err
	}
	length, err := c.header(&a, whole)
	if err != nil {
		return a, err
	}
	a.Body, err = c.body(length)
	return a, err
}

// ping sends a prepared request whose answer is small, and reads no more of it
// than it must.
func (c *conn) ping(request []byte) (status int, err error) {
	if _, err := c.net.Write(request); err != nil {
		return 0, err
	}
	length := -1
	for {
		line, err := c.line()
		switch {
		case err != nil:
			return status, err
		case status == 0:
			if len(line) < 12 {
				return 0, fmt.Errorf("not an answer: %.40q", line)
			}
			status = 100*int(line[9]-'0') + 10*int(line[10]-'0') + int(line[11]-'0')
		case len(line) == 0 && length < 0:
			return status, errors.New("an answer without a length")
		case len(line) == 0:
			_, err = c.in.Discard(length)
			return status, err
		case bytes.HasPrefix(line, []byte("Content-Length: ")):
			if length, err = strconv.Atoi(string(line[16:])); err != nil {
				return status, err
			}
		}
	}
}

// header reads up to the empty line and returns the length of the body, -1
// where it comes in chunks.
func (c *conn) header(a *answer, whole bool) (length int, err error) {
	for {
		line, err := c.line()
		if err != nil || len(line) == 0 {
			return length, err
		}
		name, rest, ok := bytes.Cut(line, []byte(": "))
		if !ok {
			return 0, fmt.Errorf("not a header: %.40q", line)
		}
		switch string(name) {
		case "Content-Length":
			if length, err = strconv.Atoi(string(rest)); err != nil {
				return 0, err
			}
		case "Transfer-Encoding":
			length = -1
		case "Location":
			a.location = string(rest)
		case "Retry-After":
			seconds, _ := strconv.Atoi(string(rest)) // a date would mean now
			a.retryAfter = time.Duration(seconds) * time.Second
		case "Set-Cookie":
			c.keep(string(rest))
		case "Connection":
			return 0, errors.New("the server closes the connection")
		}
		if whole {
			a.Header = append(a.Header, [2]string{textproto.CanonicalMIMEHeaderKey(string(name)), string(rest)})
		}
	}
}

func (c *conn) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}

func (c *conn) body(length int) ([]byte, error) {
	if length >= 0 {
		body := make([]byte, length)
		_, err := io.ReadFull(c.in, body)
		return body, err
	}
	var body []byte
	for {
		line, err := c.line()
		if err != nil {
			return body, err
		}
		n, err := strconv.ParseUint(string(line), 16, 24)
		if err != nil {
			return body, err
		}
		from := len(body)
		body = append(body, make([]byte, int(n)+2)...)
		if _, err := io.ReadFull(c.in, body[from:]); err != nil {
			return body, err
		}
		body = body[:from+int(n)]
		if n == 0 {
			return body, nil
		}
	}
}

// keep stores a cookie, or forgets one that is over.
func (c *conn) keep(line string) {
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, _ := strings.Cut(pair, "=")
	c.set(name, value, strings.Contains(attributes, "Max-Age=0"))
}

func (c *conn) set(name, value string, over bool) {
	for i := range c.cookies {
		if c.cookies[i].name != name {
			continue
		}
		if over {
			c.cookies = append(c.cookies[:i], c.cookies[i+1:]...)
		} else {
			c.cookies[i].value = value
		}
		return
	}
	if !over {
		c.cookies = append(c.cookies, cookie{name, value})
	}
}

// cookie returns a cookie's value, empty where there is none.
func (c *conn) cookie(name string) string {
	for _, k := range c.cookies {
		if k.name == name {
			return k.value
		}
	}
	return ""
}
