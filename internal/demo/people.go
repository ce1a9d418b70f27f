package demo

import (
	"math/rand/v2"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// Organization and groups of the demo. The domain is one that can never exist
// (RFC 2606).
const (
	organizationName = "Northwind"
	mailDomain       = "northwind.example"
	groupFinance     = "Finance"
	groupOperations  = "Operations"
	groupSales       = "Sales"
)

// historyDays is how far back the events reach.
const historyDays = 90

// Person is somebody at Northwind, before anything of them is stored. Days are
// counted back from today.
type Person struct {
	First, Last string
	Username    string // empty: the email address
	Email       string
	Type        core.UserType
	Status      core.Status
	TwoFactor   core.TwoFactor
	Groups      []string
	Method      core.FactorKind // the second step they use while the box is on
	Apps        []string        // labels of their authenticator apps
	AppWaits    bool            // the app counts only after the next emailed code
	Joined      int             // when the account was made
	Since       int             // when they ticked the box; 0: never
	Suspended   int             // when they turned it off for now; 0: not
	Left        int             // when they were deactivated; 0: not
	ExemptFor   int             // days ahead that an administrator's exemption lasts
	Throttled   bool            // somebody is guessing their password right now
	Diligence   float64         // share of working days with a sign-in
	// Try says what to see as this person; empty: nobody signs in as them, and
	// their password is known to nobody.
	Try string
}

// State names what state the person is in, for the list of the handful and for
// counting.
func (p Person) State() string {
	switch {
	case p.Status == core.Invited:
		return "invited"
	case p.Status == core.Inactive:
		return "inactive"
	case p.Type == core.NoAccess:
		return "no access"
	case p.Throttled:
		return "throttled"
	case p.ExemptFor > 0:
		return "exempt"
	case p.TwoFactor == core.TwoFactorSuspended:
		return "suspended"
	case p.AppWaits:
		return "app waiting"
	case p.TwoFactor == core.TwoFactorOn:
		return string(p.Method)
	}
	return "off"
}

// handful are the people to sign in as.
func handful() []Person {
	app := []string{"Phone"}
	return []Person{
		{
			First: "Ana", Last: "Diaz", Type: core.Administrator, Groups: []string{groupFinance, groupOperations}, Joined: 400,
			Try: "administrator, two-factor authentication off",
		},
		{
			First: "Finn", Last: "Murphy", Type: core.Ordinary, Groups: []string{groupOperations}, Joined: 200,
			Try: "two-factor authentication off: Scorecard asks him for an emailed code all the same; turn it on with him",
		},
		{
			First: "Ben", Last: "Okafor", Type: core.Ordinary, Groups: []string{groupFinance}, Joined: 310, Since: 62, Method: core.KindApp, Apps: app,
			TwoFactor: core.TwoFactorOn, Try: "authenticator app; its code is at /dev/authenticator",
		},
		{
			First: "Carla", Last: "Rossi", Type: core.Ordinary, Groups: []string{groupOperations}, Joined: 260, Since: 41, Method: core.KindEmail,
			TwoFactor: core.TwoFactorOn, Try: "emailed codes, which arrive at /dev/mail; no app yet: add one with her",
		},
		{
			First: "Dana", Last: "Kim", Type: core.Ordinary, Groups: []string{groupFinance}, Joined: 190, Since: 55, Suspended: 4, Method: core.KindApp, Apps: app,
			TwoFactor: core.TwoFactorSuspended, Try: "off for now, the app is kept: turn it on again with one code",
		},
		{
			First: "Eva", Last: "Lindqvist", Type: core.HelpDesk, Groups: []string{"Help desk"}, Joined: 350, Since: 70, Method: core.KindApp,
			Apps: []string{"Phone", "Tablet"}, TwoFactor: core.TwoFactorOn, Try: "help desk, two apps, may not open Scorecard",
		},
		{
			First: "Gus", Last: "Ferreira", Type: core.Ordinary, Status: core.Invited, Groups: []string{groupOperations}, Joined: 1,
			Try: "invited: choose a password with the link in people.txt",
		},
	}
}

// firstNames and lastNames are paired by chance.
const firstNames = "Abel Aisha Amir Anouk Bashir Beatriz Bruno Chiara Chidi Clara Damir Elena Elias Esra Farid Fatou Gaia Hana Hugo Ines " +
	"Ivan Jana Jonas Kaito Karim Katya Lars Leila Lena Lucia Malik Mara Mateo Maya Milan Nadia Nils Nora Oskar Paula Pedro Petra Rana " +
	"Rosa Ruben Sara Selma Sofia Tariq Tess Tomas Vera Yara Yusuf"

const lastNames = "Abara Alvarez Andersen Baker Bauer Bianchi Bondar Castro Chen Costa Dahl Demir Dubois Eriksen Farah Ferrari Fischer Garcia " +
	"Haddad Hansen Ito Ivanova Jansen Jensen Kaya Keller Kovac Kumar Larsen Lopez Maier Marino Mbeki Mensah Meyer Moreau Nagy Ndiaye " +
	"Novak Olsen Park Petrov Pires Rahman Ricci Romano Sato Silva Suzuki Tanaka Varga Weber Yilmaz Zhang"

// crowd says how many of the others are in which state.
func crowd() []struct {
	count int
	make  func(p *Person, r *rand.Rand)
} {
	on := func(p *Person, r *rand.Rand, method core.FactorKind) {
		p.TwoFactor, p.Method, p.Since = core.TwoFactorOn, method, adopted(r)
		if method == core.KindApp {
			p.Apps = []string{pick(r, "Phone", "Phone", "My phone", "Work phone", "Authenticator app")}
		}
	}
	return []struct {
		count int
		make  func(p *Person, r *rand.Rand)
	}{
		{13, func(*Person, *rand.Rand) {}},
		{12, func(p *Person, r *rand.Rand) { on(p, r, core.KindEmail) }},
		{12, func(p *Person, r *rand.Rand) { on(p, r, core.KindApp) }},
		{2, func(p *Person, r *rand.Rand) { on(p, r, core.KindApp); p.Apps = append(p.Apps, "Tablet") }},
		{2, func(p *Person, r *rand.Rand) { on(p, r, core.KindApp); p.Since, p.AppWaits = 1, true }},
		{2, func(p *Person, r *rand.Rand) {
			on(p, r, core.KindApp)
			p.TwoFactor, p.Suspended = core.TwoFactorSuspended, 1+r.IntN(min(p.Since-1, 12))
		}},
		{2, func(p *Person, r *rand.Rand) { p.Status, p.Joined = core.Invited, r.IntN(7) }},
		{2, func(p *Person, r *rand.Rand) { p.Status, p.Left = core.Inactive, 10+r.IntN(40) }},
		{2, func(p *Person, r *rand.Rand) { p.ExemptFor = 7 + r.IntN(30) }},
		{2, func(p *Person, _ *rand.Rand) { p.Type = core.NoAccess }},
		{2, func(p *Person, r *rand.Rand) { on(p, r, core.KindEmail); p.Throttled = true }},
	}
}

// adopted is the day somebody ticked the box: a few were early, most followed
// one of two reminders, 58 and 27 days ago.
func adopted(r *rand.Rand) int {
	switch n := r.IntN(10); {
	case n < 3:
		return 62 + r.IntN(26)
	case n < 8:
		return 58 - int(r.ExpFloat64()*5)%25
	}
	return 27 - int(r.ExpFloat64()*4)%24
}

// People returns everybody at Northwind: first the handful to sign in as, then
// the others. The same seed gives the same people.
func People(seed uint64) []Person {
	r := rand.New(rand.NewPCG(seed, 1))
	all := handful()
	firsts, lasts := shuffled(r, firstNames), shuffled(r, lastNames)
	for _, kind := range crowd() {
		for range kind.count {
			n := len(all) - len(handful())
			p := Person{First: firsts[n], Last: lasts[n], Type: core.Ordinary, Joined: 100 + r.IntN(500), Groups: someGroups(r)}
			if r.IntN(8) == 0 {
				p.Joined = 10 + r.IntN(75)
			}
			kind.make(&p, r)
			p.Joined = max(p.Joined, p.Since+1, p.Left+5)
			all = append(all, p)
		}
	}
	for i := range all {
		complete(&all[i], r)
	}
	return all
}

// complete fills in what is alike for everybody.
func complete(p *Person, r *rand.Rand) {
	local := strings.ToLower(p.First + "." + p.Last)
	if p.Try != "" {
		p.Username = strings.ToLower(p.First)
		local = p.Username
	}
	p.Email = local + "@" + mailDomain
	if p.Status == "" {
		p.Status = core.Active
	}
	if p.TwoFactor == "" {
		p.TwoFactor = core.TwoFactorOff
	}
	p.Diligence = 0.35 + 0.55*r.Float64()
}

func someGroups(r *rand.Rand) []string {
	switch n := r.IntN(10); {
	case n < 3:
		return []string{groupFinance}
	case n < 7:
		return []string{groupOperations}
	case n < 9:
		return []string{groupSales}
	}
	return []string{groupFinance, groupOperations}
}

func shuffled(r *rand.Rand, names string) []string {
	all := strings.Fields(names)
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }
