package cli

import (
	"fmt"
	"maps"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/sallyport/sallyport/internal/config"
)

const description = `Sign-in and two-factor authentication in front of your applications.

Every option of the configuration is also a flag (--base-url, --data, …), an
environment variable (SALLYPORT_BASE_URL) and a key of the file (base_url);
"sallyport config check" prints them all.`

// examples are what the help of each command begins with, by its path.
func examples() map[string][]string {
	all := everydayExamples()
	maps.Copy(all, userExamples())
	maps.Copy(all, upkeepExamples())
	maps.Copy(all, apiKeyExamples())
	return all
}

func userExamples() map[string][]string {
	return map[string][]string{
		"user": {"sallyport user add bo@example.com --first Bo --last Berg", "sallyport user list"},
		"user add": {
			"sallyport user add bo@example.com --first Bo --last Berg --invite",
			"sallyport user add bo@example.com --first Bo --last Berg --username bo --type help-desk --group staff --group desk",
		},
		"user invite": {"sallyport user invite bo@example.com", "sallyport user invite bo@example.com --print"},
		"user exempt": {
			"sallyport user exempt bo@example.com --until 2030-01-31 --reason 'has no phone yet'",
			"sallyport user exempt bo@example.com --end",
		},
		"user require-password": {"sallyport user require-password bo@example.com"},
		"user list":             {"sallyport user list", "sallyport user list --org Northwind --json"},
	}
}

func everydayExamples() map[string][]string {
	return map[string][]string{
		"": {
			"sallyport demo                                           try it, on this machine only",
			"sallyport serve --config /etc/sallyport/sallyport.toml   serve",
			"sallyport admin create                                   make the first administrator",
			"sallyport org set --require-two-factor                   ask everybody for a second step",
			"sallyport app add Wiki https://example.com/wiki          put an application behind it",
		},
		"serve": {
			"sallyport serve --config /etc/sallyport/sallyport.toml",
			"sallyport serve --base-url https://id.example.com --tls-cert id.pem --tls-key id.key",
			"sallyport serve --check --config /etc/sallyport/sallyport.toml   check and stop",
			"sallyport serve --dev                                            on this machine, mails stay at /dev/mail",
		},
		"demo": {
			"sallyport demo",
			"sallyport demo --fresh --port 9000   begin anew, on another port",
		},
		"admin": {
			"sallyport admin create",
			"sallyport admin reset-2fa ana@example.com --how person --reason 'lost phone; showed her passport'",
		},
		"admin create": {
			"sallyport admin create",
			"sallyport admin create --email ana@example.com --first Ana --last Diaz",
			"pass show id/ana | sallyport admin create --email ana@example.com --first Ana --last Diaz --password-stdin",
		},
		"admin list":      {"sallyport admin list", "sallyport admin list --json"},
		"admin unlock":    {"sallyport admin unlock ana@example.com"},
		"admin reset-2fa": {"sallyport admin reset-2fa ana@example.com --how person --reason 'lost phone; showed her passport'"},
		"org":             {"sallyport org list", "sallyport org set --require-two-factor"},
		"org create":      {"sallyport org create Northwind"},
		"org list":        {"sallyport org list --json"},
		"org set": {
			"sallyport org set --require-two-factor --from 2030-01-31",
			"sallyport org set --org Northwind --remember-days 7 --idle 30m",
			"sallyport org set --password-minimum 15 --password-history 10",
			"sallyport org set --no-locked --allowed-networks ''",
		},
		"app": {"sallyport app add Wiki https://example.com/wiki", "sallyport app list"},
		"app add": {
			"sallyport app add Wiki https://example.com/wiki",
			"sallyport app add Payroll https://example.com/pay --group finance --level 3",
			"sallyport app add Scores https://example.com/scores --machines",
		},
		"app set":      {"sallyport app set Wiki --machines yes"},
		"app list":     {"sallyport app list", "sallyport app list --org Northwind --json"},
		"app remove":   {"sallyport app remove Wiki"},
		"config":       {"sallyport config check --config /etc/sallyport/sallyport.toml"},
		"config check": {"sallyport config check", "sallyport config check --config /etc/sallyport/sallyport.toml --json"},
		"mail":         {"sallyport mail test --to ana@example.com"},
		"mail test":    {"sallyport mail test --to ana@example.com --config /etc/sallyport/sallyport.toml"},
		"migrate":      {"sallyport migrate --config /etc/sallyport/sallyport.toml"},
		"version":      {"sallyport version", "sallyport version --json"},
	}
}

// upkeepExamples are those of the operator's own commands.
func apiKeyExamples() map[string][]string {
	return map[string][]string{
		"keys": {"sallyport keys list", "sallyport keys create ana@example.com --for 'Staff list'"},
		"keys create": {
			"sallyport keys create ana@example.com --for 'Staff list'",
			"sallyport keys create ana@example.com --for Reports --scope read --days 90 --network 203.0.113.0/24",
		},
		"load": {
			"sallyport load run \"Staff list\" staff.csv --server https://id.example.com --access-key spk_7q2m7q2m7q2m7q2m",
			"sallyport load preview staff.xlsx --sheet People",
		},
		"load run": {
			"sallyport load run staff.csv --errors-out bad.csv",
			"sallyport load run \"Staff list\" staff.csv --on-error stop",
			"sallyport load run --target groups groups.csv",
			"sallyport load run \"Staff list\" old.csv --encoding Windows-1250 --delimiter semicolon",
			"sallyport load run \"Staff list\" --watch /srv/staff   every file that is put there, until Ctrl-C",
			"pass show id/ana | sallyport load run staff.csv --user ana@example.com --password-stdin   without a key, as Data Loader 1.0",
		},
		"load preview":  {"sallyport load preview \"Staff list\" staff.csv"},
		"load packages": {"sallyport load packages --json"},
		"load history":  {"sallyport load history --limit 5"},
		"load status":   {"sallyport load status 06h22rv6kbd2v8tp1g8cqmhii0"},
		"load stop":     {"sallyport load stop 06h22rv6kbd2v8tp1g8cqmhii0"},
		"keys list":     {"sallyport keys list", "sallyport keys list --org Northwind --json"},
		"keys revoke":   {"sallyport keys revoke spk_7q2m7q2m7q2m7q2m"},
		"keys release":  {"sallyport keys release spk_7q2m7q2m7q2m7q2m"},
	}
}

func upkeepExamples() map[string][]string {
	return map[string][]string{
		"admin release-codes": {
			"sallyport admin release-codes ana@example.com",
			"sallyport admin release-codes --all   everybody's, where you know that none was used after the backup",
		},
		"backup": {
			"sallyport backup key backup.key",
			"sallyport backup create --to age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq /backup/monday.sallyport",
			"sallyport backup restore --identity backup.key /backup/monday.sallyport",
		},
		"backup key": {
			"sallyport backup key backup.key",
			"sallyport backup key - > /media/stick/backup.key",
		},
		"backup create": {
			"sallyport backup create --to age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq /backup/monday.sallyport",
			"sallyport backup create --passphrase-file phrase.txt /backup/monday.sallyport",
			"sallyport backup create --unencrypted - | ssh store 'cat > monday.sallyport'",
		},
		"backup restore": {
			"sallyport backup restore --check --identity backup.key /backup/monday.sallyport   is it whole?",
			"sallyport backup restore --identity backup.key --data /srv/sallyport /backup/monday.sallyport",
		},
		"audit": {"sallyport audit verify", "sallyport audit export -o log.jsonl"},
		"audit verify": {
			"sallyport audit verify --checkpoint /var/log/elsewhere/sallyport.log",
			"sallyport audit verify log.jsonl          on any machine, without a key",
		},
		"audit export": {
			"sallyport audit export -o log.jsonl",
			"sallyport audit export --format csv --kind signin --result failed --from 2030-01-01 > failed.csv",
		},
		"key": {"sallyport key list", "sallyport key rotate"},
		"completion": {
			"source <(sallyport completion bash)          in ~/.bashrc",
			"source <(sallyport completion zsh)           in ~/.zshrc, behind compinit",
			"sallyport completion fish | source           in ~/.config/fish/config.fish",
			"sallyport completion powershell | Out-String | Invoke-Expression   in $PROFILE",
		},
		"doctor": {
			"sallyport doctor --config /etc/sallyport/sallyport.toml",
			"sallyport doctor --config /etc/sallyport/sallyport.toml --dkim-selector mail --json",
		},
		"health": {
			"sallyport health --config /etc/sallyport/sallyport.toml",
			"sallyport health && echo ready   for probes: 0 is ready, 8 is not",
		},
		"key list": {"sallyport key list", "sallyport key list --json"},
		"key rotate": {
			"sallyport key rotate",
			"sallyport key rotate --finish             make no new key, finish and tidy up only",
			"sallyport key rotate --master --prepare   make the next master key, for other machines to have",
			"sallyport key rotate --master             replace the master key file",
		},
	}
}

// printHelp prints the examples, then what the parser knows.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	path := ""
	if node := ctx.Selected(); node != nil {
		path = strings.TrimSpace(node.Path())
	}
	if some := examples()[path]; len(some) > 0 {
		fmt.Fprintf(ctx.Stdout, "Examples:\n  %s\n\n", strings.Join(some, "\n  "))
	}
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	if path == "serve" || path == "config check" {
		printOptions(ctx)
	}
	return nil
}

// printOptions lists the configuration, whose flags the parser never sees.
func printOptions(ctx *kong.Context) {
	fmt.Fprint(ctx.Stdout, "\nOptions of the configuration, also in its file and the environment:\n")
	for _, o := range config.Options() {
		name := "--" + o.Flag()
		if o.Secret {
			name += "-file"
		}
		fmt.Fprintf(ctx.Stdout, "  %-30s  %s\n", name, o.Help)
	}
}
