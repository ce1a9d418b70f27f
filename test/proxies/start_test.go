package proxies_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// nginx starts nginx on the snippets, without TLS and on ports of loopback.
func nginx(t *testing.T, f *front, sallyport string, ports []string, o options) *process {
	t.Helper()
	path, all, folder := program(t, "nginx"), snippets(t), t.TempDir()
	write(t, folder, "conf.d/sallyport.conf", fill(t, all["nginx/conf.d/sallyport.conf"], "127.0.0.1:9091", sallyport))
	for _, name := range []string{"sallyport-check.conf", "sallyport-guard.conf"} {
		write(t, folder, "snippets/"+name, all["nginx/snippets/"+name])
	}
	site := withoutLines(t, all["nginx/site"], "ssl_certificate")
	write(t, folder, "sites/site.conf", fill(t, site, "listen 443 ssl", "listen 127.0.0.1:"+ports[0],
		"https://id.example.com", f.base, "server_name id.example.com", "server_name localhost", "127.0.0.1:3000", f.wiki.address()))
	application := withoutLines(t, all["nginx/application"], "ssl_certificate")
	for i, g := range f.onPorts() {
		write(t, folder, "sites/"+ports[i+1]+".conf", fill(t, application, "listen 8444 ssl", "listen 127.0.0.1:"+ports[i+1],
			"https://id.example.com:8444", g.url, "server_name id.example.com", "server_name localhost", "127.0.0.1:3001", g.address()))
	}
	var temporary strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temporary.WriteString(kind + "_temp_path " + filepath.Join(folder, kind) + ";\n")
	}
	pid := filepath.Join(folder, "pid")
	// One process, so that ending it ends all of nginx.
	write(t, folder, "nginx.conf", "daemon off;\nmaster_process off;\npid "+pid+";\nerror_log stderr warn;\nevents {}\nhttp {\naccess_log off;\n"+
		temporary.String()+o.http+"\ninclude conf.d/*.conf;\ninclude sites/*.conf;\n}\n")
	ready := func(*process) bool { // written after the ports were bound
		_, err := os.Stat(pid)
		return err == nil
	}
	return run(t, ready, path, "-e", "stderr", "-p", folder, "-c", filepath.Join(folder, "nginx.conf"))
}

// caddy starts Caddy on the snippets, without TLS and on ports of loopback.
func caddy(t *testing.T, f *front, sallyport string, ports []string, o options) *process {
	t.Helper()
	path, all, folder := program(t, "caddy"), snippets(t), t.TempDir()
	if o.edit == nil {
		o.edit = func(_ *testing.T, snippet string) string { return snippet }
	}
	f.plain = "http://localhost:" + ports[5]
	var file strings.Builder
	file.WriteString("{\nadmin off\nauto_https off\ndefault_bind 127.0.0.1\nstorage file_system " + folder + "\n}\n")
	file.WriteString(fill(t, all["caddy/site"], "id.example.com {", f.plain+" {", "127.0.0.1:9091", sallyport))
	file.WriteString(fill(t, all["caddy/path"], "id.example.com {", f.base+" {", "X-Forwarded-Host id.example.com", "X-Forwarded-Host localhost:"+ports[0],
		"127.0.0.1:9091", sallyport, "127.0.0.1:3000", f.wiki.address()))
	application := o.edit(t, all["caddy/application"])
	for i, g := range f.onPorts() {
		file.WriteString(fill(t, application, "id.example.com:8444 {", g.url+" {", "id.example.com:8444", "localhost:"+ports[i+1],
			"127.0.0.1:9091", sallyport, "127.0.0.1:3001", g.address()))
	}
	write(t, folder, "Caddyfile", file.String())
	ready := func(p *process) bool { return strings.Contains(p.log.String(), "serving initial configuration") }
	return run(t, ready, path, "run", "--config", filepath.Join(folder, "Caddyfile"), "--adapter", "caddyfile")
}

// onPorts are the applications that have a port of their own, in order.
func (f *front) onPorts() []guarded { return []guarded{f.notes, f.board, f.vault, f.stray} }
