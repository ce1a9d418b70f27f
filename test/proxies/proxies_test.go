package proxies_test

import "testing"

// journey is what is walked behind every proxy.
type journey struct {
	name string
	walk func(t *testing.T, f *front)
}

func journeys() []journey {
	return []journey{
		{"not signed in", notSignedIn},
		{"sign in and come back", signInAndComeBack},
		{"who it is", whoItIs},
		{"somebody without groups", withoutGroups},
		{"hostile headers", hostileHeaders},
		{"scripts get 401", scripts},
		{"groups", groups},
		{"not registered", notRegistered},
		{"borrowed name", borrowedName},
		{"spellings of a path", spellings},
		{"bodies pass", bodies},
		{"level 2", levelTwo},
		{"signing out", signingOut},
		{"cookies of Sallyport", cookies},
		{"answers of the application", ownAnswers},
		{"WebSockets", webSockets},
		{"long addresses", longAddresses},
		{"programs with an API key", programs},
		{"programs with a password", oldPrograms},
	}
}

func walk(t *testing.T, f *front, all []journey) {
	for _, j := range all {
		t.Run(j.name, func(t *testing.T) { j.walk(t, f) })
	}
}

func TestNginx(t *testing.T) { walk(t, start(t, nginx, options{}), journeys()) }

func TestCaddy(t *testing.T) {
	f := start(t, caddy, options{})
	walk(t, f, append(journeys(), journey{"Sallyport alone", func(t *testing.T, f *front) {
		f.browser(t).get(f.plain+"/signin").must(t, 200, "Sign in")
	}}))
}

// TestNginxThatKeepsUnderscores is nginx with a switch that many configurations
// have: even then the aliases of our headers are taken away.
func TestNginxThatKeepsUnderscores(t *testing.T) {
	f := start(t, nginx, options{http: "underscores_in_headers on;"})
	b := f.signedIn(t, "odd@example.com")
	aliases := hostile("Remote_User", "Remote_Groups", "Remote_Name", "Remote_Email", "REMOTE_USER", "Remote.User", "Remote~User")
	noneOfTheirs(t, b.get(f.notes.url+"/", aliases...).arrived(t))
	kept := b.get(f.notes.url+"/", header("X_Other", "kept")).arrived(t)
	if got := kept.Header.Get("X_other"); got != "kept" {
		t.Errorf("X_Other is %q: this nginx does not keep underscores", got)
	}
}

// TestCaddyThatStripsNothing is Caddy with forward_auth alone: since every answer
// of ours has all four headers, a client's own never stand (GHSA-7r4p-vjf4-gxv4
// is about answers that lack one).
func TestCaddyThatStripsNothing(t *testing.T) {
	f := start(t, caddy, options{edit: func(t *testing.T, s string) string { return withoutLines(t, s, "request_header -") }})
	b := f.signedIn(t, "bare@example.com") // in no group: Remote-Groups comes empty
	got := b.get(f.notes.url+"/", hostile(identityNames()...)...).arrived(t)
	noneOfTheirs(t, got)
	if got.Header.Get("Remote-User") != "bare@example.com" {
		t.Errorf("Remote-User is %q", got.Header["Remote-User"])
	}
}

// TestUntrustedProxy: a proxy that nobody named is told nothing, and nothing
// passes it.
func TestUntrustedProxy(t *testing.T) {
	for _, c := range []struct {
		name  string
		proxy starter
		want  int
	}{{"nginx", nginx, 502}, {"Caddy", caddy, 401}} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, c.proxy, options{trusted: "192.0.2.0/24"})
			b := f.signedIn(t, "ana@example.com")
			b.get(f.notes.url+"/").must(t, c.want)
			if n := f.notes.seen.Load(); n != 0 {
				t.Errorf("%d requests reached the application", n)
			}
		})
	}
}
